/**
 * The records of a journal. The position of a record is its sequence less 1.
 *
 * @module
 */
import type { RelayBatch } from "@isthmus/ipc/internal";
import { inspectJournal, type Journal, type JournalSchema } from "@isthmus/store";
import { type KeptTailer, keepTailer } from "@isthmus/store/internal";
import type { BridgeSchema } from "../stream/description.ts";
import type { OutLane, OutSource } from "./out-source.ts";
import { RecordEncoder } from "./record-encoder.ts";

/** Under this name the journal keeps what the server has not acknowledged. */
const TAILER = "bridge";

/** A journal as the only lane of a source. */
export class JournalSource implements OutSource, OutLane {
  readonly epoch: bigint;
  readonly lane = 0;
  readonly fingerprint: bigint;
  readonly isSized: boolean;
  readonly capacity = undefined;
  readonly lanes: readonly OutLane[] = [this];
  readonly #journal: Journal<JournalSchema>;
  readonly #encoder: RecordEncoder;
  readonly #tailer: KeptTailer;
  #next: number;
  #released: number;
  #ending = new AbortController();

  constructor(journal: Journal<JournalSchema>, { shape }: BridgeSchema) {
    this.#journal = journal;
    this.#encoder = new RecordEncoder(shape);
    this.fingerprint = shape.fingerprint;
    this.isSized = shape.struct !== undefined;
    this.epoch = BigInt(`0x${inspectJournal(journal.path).id.slice(0, 16)}`);
    this.#tailer = keepTailer(journal, TAILER);
    this.#released = this.#tailer.sequence;
    this.#next = this.#released;
  }

  get next(): number {
    return this.#next;
  }

  get released(): number {
    return this.#released;
  }

  get tail(): number {
    return this.#journal.metrics.lastSequence;
  }

  get positionMax(): number {
    return this.tail;
  }

  available(): number {
    // Records may be of any size: what there is fills a message, or all of it does.
    return this.tail > this.#next ? Number.MAX_SAFE_INTEGER : 0;
  }

  take(bytesMax: number): RelayBatch | undefined {
    const encoder = this.#encoder;
    let from = this.#next;
    let to = from;
    let lost = 0;
    using reading = this.#journal.read({ from: from + 1 });
    for (const entry of reading[Symbol.iterator]()) {
      if (entry.gap !== undefined) {
        if (encoder.count > 0) break;
        lost += entry.gap.to - Math.max(entry.gap.from, from + 1) + 1;
        from = entry.gap.to;
        to = from;
        continue;
      }
      encoder.add(entry.value, entry.sequence - from);
      to = entry.sequence;
      if (encoder.bytes >= bytesMax / 2) break;
    }
    const { count } = encoder;
    if (count === 0) return undefined;
    this.#next = to;
    return { from, to, count, lost, payload: encoder.take() };
  }

  release(to: number): void {
    if (to <= this.#released) return;
    this.#released = to;
    this.#tailer.commit(to);
  }

  goTo(position: number): number {
    const first = this.#journal.metrics.firstSequence - 1;
    this.#next = Math.max(position, first);
    return this.#next;
  }

  noteBusy(): void {
    // Nobody waits for whoever appends.
  }

  async wait(): Promise<void> {
    const { signal } = this.#ending;
    const from = this.#next + 1;
    await using reading = this.#journal.read({ from, follow: true, signal });
    await reading.next();
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
    this.#tailer[Symbol.dispose]();
    this.#journal.dispose();
  }
}
