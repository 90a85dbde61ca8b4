/**
 * The records of a channel or a topic.
 *
 * @module
 */
import type { RelayBatch, RelayLane, RelaySource } from "@isthmus/ipc/internal";
import type { OutLane, OutSource } from "./out-source.ts";

/** A lane of a ring. */
class RingLane implements OutLane {
  readonly epoch: bigint;
  readonly #source: RelaySource;
  readonly #lane: RelayLane;
  readonly #unitBytes: number;

  constructor(source: RelaySource, lane: RelayLane) {
    this.epoch = source.epoch;
    this.#source = source;
    this.#lane = lane;
    this.#unitBytes = source.recordBytes === 0 ? 8 : source.recordBytes;
  }

  get lane(): number {
    return this.#lane.lane;
  }

  get next(): number {
    return this.#lane.next;
  }

  get released(): number {
    return this.#lane.released;
  }

  get tail(): number {
    return this.#source.tailOf(this.#lane.lane);
  }

  get positionMax(): number {
    return this.tail;
  }

  available(): number {
    return this.#lane.available() * this.#unitBytes;
  }

  take(bytesMax: number): RelayBatch | undefined {
    return this.#lane.take(bytesMax);
  }

  release(to: number): void {
    this.#lane.release(to);
    this.#source.touch();
  }

  goTo(position: number): number {
    return this.#lane.goTo(position);
  }
}

/** All lanes of a channel or a topic. */
export class RingSource implements OutSource {
  readonly #source: RelaySource;
  readonly #lanes: RingLane[] = [];

  constructor(source: RelaySource) {
    this.#source = source;
  }

  get fingerprint(): bigint {
    return this.#source.shape.fingerprint;
  }

  get isSized(): boolean {
    return this.#source.recordBytes > 0;
  }

  get capacity(): number {
    return this.#source.capacity;
  }

  get lanes(): readonly OutLane[] {
    const { lanes } = this.#source;
    for (const lane of lanes.slice(this.#lanes.length)) {
      this.#lanes.push(new RingLane(this.#source, lane));
    }
    return this.#lanes;
  }

  noteBusy(): void {
    this.#source.noteBusy();
  }

  wait(): Promise<void> {
    return this.#source.wait();
  }

  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
  }
}
