/**
 * Keeps a bucket and what is here the same.
 *
 * **Out.** What has changed here is written to the bucket in place of the revision that it follows, and in place of no other: of two
 * machines that change a key at once, the server refuses one, which then does what its rule says. Each value says from where it is: of
 * a write whose acknowledgement does not come, the bucket tells whether it was stored.
 *
 * **In.** The entries of the bucket are read as they are, then as they change, in the order of their revisions. After every loss of
 * the connection all are read again: what was missed, and what the server has forgotten, is seen by comparing. A revision smaller
 * than the one that is known means that the server's disk has lost the end of the stream: what is here is sent again.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import type { BucketEntry, BucketState, ForeignEntry } from "./bucket.ts";
import { encodeKey } from "./bucket-key.ts";
import { type Errand, Errands } from "./errands.ts";
import { DELETION, KnownKeys } from "./known-keys.ts";
import type { LocalChange } from "./local-side.ts";
import {
  countValue,
  type MirrorCounts,
  MirrorEnd,
  type MirrorPlan,
  newCounts,
} from "./mirror-plan.ts";
import { MirrorSession } from "./mirror-session.ts";
import { Settler } from "./settler.ts";

/** How many values may be under way to the server. */
const WINDOW = 256;

/** A bucket and a struct, or a bucket and a cache. */
export class Mirror {
  readonly counts: MirrorCounts = newCounts();
  readonly #plan: MirrorPlan;
  readonly #known: KnownKeys;
  /** Keys that have changed here and are not on an errand. */
  readonly #dirty = new Set<string>();
  readonly #errands: Errands;
  /** What did not work, until it is tried again: taking on an entry, or sending what is here. */
  readonly #failed = new Map<string, BucketEntry | undefined>();
  readonly #keepsCommon: boolean;
  readonly #session: MirrorSession;
  readonly #settler: Settler;
  readonly #end: (error: unknown) => void;

  /**
   * @param plan What is mirrored, and how.
   * @param end Told of what ends it for good, once.
   */
  constructor(plan: MirrorPlan, end: (error: unknown) => void) {
    this.#plan = plan;
    this.#end = end;
    this.#keepsCommon = typeof plan.rule === "function";
    this.#known = new KnownKeys(this.#keepsCommon);
    this.#errands = new Errands({
      settle: (entry) => this.#settleLater(entry),
      fail: (key, error, told) => this.#fail(key, error, told),
    });
    const recalled = plan.isOut ? plan.side.recall() : undefined;
    this.#session = new MirrorSession(recalled);
    this.#settler = new Settler({
      plan,
      known: this.#known,
      session: this.#session,
      counts: this.counts,
      dirty: this.#dirty,
      recalledCommon: recalled?.common,
    });
    if (recalled !== undefined) this.note(recalled.changed);
  }

  /** Keys that have changed here and are not acknowledged. */
  get waiting(): number {
    return this.#dirty.size + this.#errands.size + this.#failed.size;
  }

  /** Whether the bucket has been read to its end since the connection was made. */
  get isRead(): boolean {
    return this.#session.isRead;
  }

  /** Whether there is something that the server does not take. */
  get isHeldUp(): boolean {
    return this.#session.isRead && this.#failed.size > 0;
  }

  /** Takes on that something has changed here. */
  note(change: LocalChange): void {
    const { side, isMirrored } = this.#plan;
    const keys = typeof change === "string" ? side.keys() : change;
    for (const key of keys) if (isMirrored(key)) this.#settler.owe(key);
    if (change === "cleared") for (const key of this.#known.keys()) this.#settler.owe(key);
    this.send();
  }

  /** The connection is lost: nothing is sent until all has been read again. */
  pause(): void {
    this.#session.pause();
  }

  /**
   * Reads the bucket from its beginning, then what changes, until the signal ends it.
   *
   * @param onRead Called when all that was there has been taken on.
   */
  async read(signal: AbortSignal, onRead: () => void): Promise<void> {
    const { bucket } = this.#plan;
    await bucket.ensure();
    this.#begin(await bucket.state());
    const reading = await bucket.read();
    const stop = (): void => reading.stop();
    signal.addEventListener("abort", stop);
    const seen = new Set<string>();
    const end = (): void => {
      this.#finishReading(seen);
      onRead();
    };
    try {
      if (signal.aborted) return;
      if (reading.pending === 0) end();
      for await (const { entry, isLastPending } of reading.entries) {
        if (signal.aborted) return;
        if (!this.#session.isRead && !("refusal" in entry)) seen.add(entry.key);
        await this.#take(entry);
        if (isLastPending && !signal.aborted) end();
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
  }

  /** Tries again what did not work. */
  retry(): void {
    const failed = [...this.#failed];
    this.#failed.clear();
    for (const [key, entry] of failed) {
      if (entry === undefined || this.#errands.has(key)) this.#settler.owe(key);
      else void this.#run(key, () => this.#settler.settle(entry), entry);
    }
    this.send();
  }

  /** Sends what has changed here, as far as there is a connection and room in the window. */
  send(): void {
    if (!this.#session.isRead || !this.#plan.isOut) return;
    for (const key of this.#dirty) {
      if (this.#errands.size >= WINDOW) return;
      if (this.#errands.has(key)) continue;
      this.#dirty.delete(key);
      void this.#run(key, (errand) => this.#push(key, errand));
    }
  }

  #begin(state: BucketState): void {
    const { isOther, isForgotten } = this.#session.begin(state);
    if (isForgotten) this.counts.forgotten++;
    if (isOther) this.#known.forgetNumbers();
    this.#errands.forgetTold();
    for (const key of this.#failed.keys()) this.#failed.set(key, undefined);
  }

  /** All that was in the bucket has been read: what is here and was not among it goes out. */
  #finishReading(seen: ReadonlySet<string>): void {
    const { side, isMirrored } = this.#plan;
    const { beginRevision, isFirst, isRecalled } = this.#session;
    this.#errands.noteMissing(seen);
    const isSettled = (key: string): boolean => seen.has(key) || this.#errands.has(key);
    for (const key of this.#known.missing(isSettled, beginRevision)) this.#settler.owe(key);
    if (isFirst && !isRecalled) {
      for (const key of side.keys()) {
        if (!this.#known.has(key) && isMirrored(key)) this.#settler.owe(key);
      }
    }
    this.#session.finish();
    this.#remember();
    this.retry();
  }

  /** Takes on what the bucket has told. */
  async #take(entry: BucketEntry | ForeignEntry): Promise<void> {
    this.#session.noteRead(entry.revision);
    if ("refusal" in entry) {
      this.#refuse(entry.refusal);
      return;
    }
    if (!this.#plan.isMirrored(entry.key)) return;
    const errand = this.#errands.get(entry.key);
    if (errand === undefined) await this.#run(entry.key, () => this.#settler.settle(entry), entry);
    else errand.later = entry;
  }

  /** Sees to a key, alone, and then to what the bucket has told of it meanwhile. */
  async #run(
    key: string,
    see: (errand: Errand) => Promise<void>,
    first?: BucketEntry,
  ): Promise<void> {
    const isMissing = await this.#errands.run(key, see, first);
    const known = this.#known.get(key);
    if (isMissing && known !== undefined) {
      this.#known.sendAgain(key, { ...known, revision: 0, isGone: true });
      this.#settler.owe(key);
    }
    this.#known.limit((key) => this.#errands.has(key) || this.#plan.side.read(key) !== undefined);
    this.send();
    this.#remember();
  }

  /** Sees to what was told while the key was being seen to. */
  async #settleLater(entry: BucketEntry): Promise<void> {
    if (entry.revision > (this.#known.get(entry.key)?.revision ?? 0))
      await this.#settler.settle(entry);
  }

  /** Writes what is here for a key to the bucket. */
  async #push(key: string, errand: Errand): Promise<void> {
    const { bucket, side } = this.#plan;
    const known = this.#known.get(key);
    const local = side.read(key);
    if (local === undefined ? (known?.isGone ?? true) : local.stamp === known?.stamp) return;
    if (encodeKey(key) === undefined) return this.#refuse(`the key "${key.slice(0, 40)}…"`);
    const lengthBytes = local?.bytes.length ?? 0;
    if (lengthBytes > bucket.valueBytesMax) {
      const most = `the server takes ${bucket.valueBytesMax} bytes (max_payload)`;
      return this.#refuse(`the value of "${key}" has ${lengthBytes} bytes: ${most}`);
    }
    const isAgain = (local?.stamp ?? DELETION) === known?.again;
    const origin = isAgain ? known.origin : side.origin;
    const write = bucket.write(key, local, known?.revision ?? 0, origin);
    const revision = await this.#session.answer(write);
    if (revision !== undefined) {
      this.counts.sent++;
      countValue(this.counts, "out", local);
      this.#session.noteAcknowledged(revision);
      this.#known.note({ key, revision, value: local, origin }, local?.stamp);
      return;
    }
    const entry = await this.#session.answer(bucket.last(key));
    errand.isMissing = false;
    if (entry !== undefined && "refusal" in entry) return this.#refuse(entry.refusal);
    this.#settler.owe(key);
    const isNews = errand.later !== undefined || this.#session.isNews(entry?.revision ?? 0);
    if (entry !== undefined && isNews) await this.#settler.settle(entry);
    else {
      // Its time in the bucket was over, or this side had forgotten what revision it has.
      const isGone = entry?.value === undefined;
      this.#known.correct(key, entry?.revision ?? 0, isGone);
    }
  }

  #refuse(reason: string): void {
    this.counts.refused++;
    this.counts.problem = reason;
  }

  /** Something did not work: it is tried again, or it ends the mirror. */
  #fail(key: string, error: unknown, told: BucketEntry | undefined): void {
    if (error instanceof MirrorEnd) {
      this.#end(error.cause);
      return;
    }
    if (error instanceof CorruptSegmentError || error instanceof RangeError) {
      this.#refuse(`the value of "${key}": ${error.message}`);
      return;
    }
    this.counts.problem = String(error);
    this.#failed.set(key, told);
  }

  /** Leaves for the next mirror how far this one has come, where nothing is under way. */
  #remember(): void {
    const { state } = this.#session;
    if (state === undefined || !this.#plan.isOut || this.waiting > 0) return;
    const known = this.#keepsCommon ? this.#known.first : undefined;
    this.#plan.side.remember(state, known?.common);
  }
}
