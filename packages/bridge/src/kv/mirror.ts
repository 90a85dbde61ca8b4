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
import type { BucketEntry, BucketState, BucketValue, ForeignEntry } from "./bucket.ts";
import { encodeKey } from "./bucket-key.ts";
import { DELETION, type Known, KnownKeys } from "./known-keys.ts";
import { isSame, type LocalChange, type LocalValue } from "./local-side.ts";
import {
  type Merge,
  type MirrorCounts,
  MirrorEnd,
  type MirrorPlan,
  newCounts,
} from "./mirror-plan.ts";

/** How many values may be under way to the server. */
const WINDOW = 256;

/** A key that is being seen to, and what the bucket has told of it meanwhile. */
interface Errand {
  later: BucketEntry | undefined;
  /** Whether the bucket has been read to its end meanwhile, and has nothing for the key. */
  isMissing: boolean;
}

/** A bucket and a struct, or a bucket and a cache. */
export class Mirror {
  readonly counts: MirrorCounts = newCounts();
  readonly #plan: MirrorPlan;
  readonly #known: KnownKeys;
  /** Keys that have changed here and are not on an errand. */
  readonly #dirty = new Set<string>();
  readonly #errands = new Map<string, Errand>();
  /** What did not work, until it is tried again: taking on an entry, or sending what is here. */
  readonly #failed = new Map<string, BucketEntry | undefined>();
  readonly #keepsCommon: boolean;
  #created = "";
  /** What is not newer than that when the bucket is read for the first time was known to the last mirror. */
  #recalledRevision = 0;
  #recalledCommon: Uint8Array | undefined;
  /** Whether what is not known to have changed here has not: a mirror before has said so. */
  #isRecalled = false;
  /** The last revision that was read; what is not newer is no news. */
  #readRevision = 0;
  #acknowledged = 0;
  /** The last revision that the server had when reading began. */
  #beginRevision = 0;
  /** Whether the bucket has been read to its end since the connection was made. */
  #isRead = false;
  /** Whether the server has forgotten what it had acknowledged, so that what is here counts more. */
  #isSpoiled = false;
  /** Rejects when the connection is lost. */
  #lost: PromiseWithResolvers<never> = newLoss();
  /** How often the bucket has been read. */
  #session = 0;
  /** Whether the bucket has never been read. */
  #isFirst = true;
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
    const recalled = plan.isOut ? plan.side.recall() : undefined;
    if (recalled === undefined) return;
    this.#isRecalled = true;
    this.#created = recalled.created;
    this.#recalledRevision = recalled.lastRevision;
    this.#recalledCommon = recalled.common;
    this.note(recalled.changed);
  }

  /** Keys that have changed here and are not acknowledged. */
  get waiting(): number {
    return this.#dirty.size + this.#errands.size + this.#failed.size;
  }

  /** Whether the bucket has been read to its end since the connection was made. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Whether there is something that the server does not take. */
  get isHeldUp(): boolean {
    return this.#isRead && this.#failed.size > 0;
  }

  /** Takes on that something has changed here. */
  note(change: LocalChange): void {
    const { side, isMirrored } = this.#plan;
    const keys = typeof change === "string" ? side.keys() : change;
    for (const key of keys) if (isMirrored(key)) this.#owe(key);
    if (change === "cleared") for (const key of this.#known.keys()) this.#owe(key);
    this.send();
  }

  /** The connection is lost: nothing is sent until all has been read again. */
  pause(): void {
    this.#isRead = false;
    this.#lost.reject(new Error("The connection was lost"));
    this.#lost = newLoss();
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
        if (!this.#isRead && !("refusal" in entry)) seen.add(entry.key);
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
      if (entry === undefined || this.#errands.has(key)) this.#owe(key);
      else void this.#run(key, () => this.#settle(entry), entry);
    }
    this.send();
  }

  /** Sends what has changed here, as far as there is a connection and room in the window. */
  send(): void {
    if (!this.#isRead || !this.#plan.isOut) return;
    for (const key of this.#dirty) {
      if (this.#errands.size >= WINDOW) return;
      if (this.#errands.has(key)) continue;
      this.#dirty.delete(key);
      void this.#run(key, (errand) => this.#push(key, errand));
    }
  }

  /** What the bucket is now decides what its old revisions mean. */
  #begin({ created, lastRevision }: BucketState): void {
    const isOther = this.#created !== "" && this.#created !== created;
    const told = Math.max(this.#readRevision, this.#acknowledged, this.#beginRevision);
    const isShorter = lastRevision < Math.max(this.#recalledRevision, told);
    if (isOther || isShorter) {
      this.counts.forgotten++;
      this.#isRecalled = false;
      this.#isSpoiled = true;
    }
    if (isOther) this.#known.forgetNumbers();
    this.#session++;
    for (const errand of this.#errands.values()) errand.later = undefined;
    for (const key of this.#failed.keys()) this.#failed.set(key, undefined);
    this.#created = created;
    this.#beginRevision = lastRevision;
    this.#readRevision = 0;
    this.#acknowledged = 0;
  }

  /** All that was in the bucket has been read: what is here and was not among it goes out. */
  #finishReading(seen: ReadonlySet<string>): void {
    const { side, isMirrored } = this.#plan;
    for (const [key, errand] of this.#errands) errand.isMissing = !seen.has(key);
    const isSettled = (key: string): boolean => seen.has(key) || this.#errands.has(key);
    for (const key of this.#known.missing(isSettled, this.#beginRevision)) this.#owe(key);
    if (this.#isFirst && !this.#isRecalled) {
      for (const key of side.keys()) {
        if (!this.#known.has(key) && isMirrored(key)) this.#owe(key);
      }
    }
    this.#isFirst = false;
    this.#isRead = true;
    this.#isRecalled = false;
    this.#isSpoiled = false;
    this.#remember();
    this.retry();
  }

  /** What is here for a key is to be sent, where anything is. */
  #owe(key: string): void {
    if (this.#plan.isOut) this.#dirty.add(key);
  }

  /** Takes on what the bucket has told. */
  async #take(entry: BucketEntry | ForeignEntry): Promise<void> {
    this.#readRevision = Math.max(this.#readRevision, entry.revision);
    if ("refusal" in entry) {
      this.#refuse(entry.refusal);
      return;
    }
    if (!this.#plan.isMirrored(entry.key)) return;
    const errand = this.#errands.get(entry.key);
    if (errand === undefined) await this.#run(entry.key, () => this.#settle(entry), entry);
    else errand.later = entry;
  }

  /** Sees to a key, alone, and then to what the bucket has told of it meanwhile. */
  async #run(
    key: string,
    see: (errand: Errand) => Promise<void>,
    first?: BucketEntry,
  ): Promise<void> {
    const errand: Errand = { later: undefined, isMissing: false };
    this.#errands.set(key, errand);
    let told = first;
    for (let step = see; ; ) {
      try {
        await step(errand);
      } catch (error) {
        this.#fail(key, error, told);
      }
      told = errand.later;
      errand.later = undefined;
      if (told === undefined) break;
      errand.isMissing = false;
      const entry = told;
      const isNews = entry.revision > (this.#known.get(key)?.revision ?? 0);
      step = async () => (isNews ? await this.#settle(entry) : undefined);
    }
    this.#errands.delete(key);
    const known = this.#known.get(key);
    if (errand.isMissing && known !== undefined) {
      this.#known.sendAgain(key, { ...known, revision: 0, isGone: true });
      this.#owe(key);
    }
    this.#known.limit((key) => this.#errands.has(key) || this.#plan.side.read(key) !== undefined);
    this.send();
    this.#remember();
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
    const session = this.#session;
    // The client library would wait for an acknowledgement that nobody sends any more.
    const write = bucket.write(key, local, known?.revision ?? 0, origin);
    const revision = await Promise.race([write, this.#lost.promise]);
    this.#checkSession(session);
    if (revision !== undefined) {
      this.counts.sent++;
      this.#countBytes("out", local);
      this.#acknowledged = Math.max(this.#acknowledged, revision);
      this.#known.note({ key, revision, value: local, origin }, local?.stamp);
      return;
    }
    const entry = await Promise.race([bucket.last(key), this.#lost.promise]);
    this.#checkSession(session);
    errand.isMissing = false;
    if (entry !== undefined && "refusal" in entry) return this.#refuse(entry.refusal);
    this.#owe(key);
    const isNews = errand.later !== undefined || (entry?.revision ?? 0) > this.#readRevision;
    if (entry !== undefined && isNews) await this.#settle(entry);
    else {
      // Its time in the bucket was over, or this side had forgotten what revision it has.
      const isGone = entry?.value === undefined;
      this.#known.correct(key, entry?.revision ?? 0, isGone);
    }
  }

  /** What was told before the bucket was read again may be of revisions that are others' by now. */
  #checkSession(session: number): void {
    if (session !== this.#session) throw new Error("The connection was lost meanwhile");
  }

  /** Makes what the bucket has and what is here for a key the same, or sees what is to be sent. */
  async #settle(entry: BucketEntry): Promise<void> {
    const { key, revision, value, origin } = entry;
    const { side, isOut, isIn, fenced } = this.#plan;
    for (;;) {
      const known = this.#known.get(key);
      const local = side.read(key);
      if (known?.revision === revision && local?.stamp !== known.stamp && isOut) {
        this.#owe(key);
        return;
      }
      const isKnown = known?.revision === revision;
      // What was read before this side's own newer write was acknowledged is no news.
      if (known !== undefined && revision < known.revision && !this.#isForgotten(known)) return;
      const hasTimes = local?.ttlMs !== Infinity || value?.ttlMs !== Infinity;
      if (isSame(local, value) && (isKnown || !isIn || local === undefined || !hasTimes)) {
        if (known !== undefined || local !== undefined) {
          this.#known.note(entry, local?.stamp);
        }
        return;
      }
      if (isOut && origin === side.origin) {
        // It was written from here and only its acknowledgement has not come, or to a mirror before: what is here now is newer.
        this.#known.note(entry, undefined);
        this.#owe(key);
        return;
      }
      if (this.#isOld(entry, known)) return this.#leave(entry, known, local);
      if (!isIn) {
        // What others write into it while this one does is their fault, or this one has been replaced.
        if (this.#isRead && fenced !== undefined) throw new MirrorEnd("", { cause: fenced(key) });
        this.#known.note(entry, this.#isRead ? local?.stamp : undefined);
        if (!this.#isRead) this.#owe(key);
        return;
      }
      const isKept = isOut && this.#isChanged(key, local, known);
      if (await this.#replace(entry, local, isKept)) return;
    }
  }

  /** Whether the server no more has what it has acknowledged, so that it tells of something older. */
  #isForgotten({ revision }: Known): boolean {
    return !this.#isRead && (this.#isSpoiled || revision <= this.#beginRevision);
  }

  /** Whether an entry is what a mirror before has seen, or older than what this one has. */
  #isOld({ revision }: BucketEntry, known: Known | undefined): boolean {
    if (!this.#plan.isOut) return false;
    if (known !== undefined) return revision < known.revision;
    return this.#isRecalled && revision <= this.#recalledRevision;
  }

  /** Notes what revision an old entry has; what is here goes out where it is another one. */
  #leave(entry: BucketEntry, known: Known | undefined, local: LocalValue | undefined): void {
    if (known === undefined) {
      this.#known.note(entry, undefined);
      if (local !== undefined) this.#owe(entry.key);
    } else {
      const isGone = entry.value === undefined;
      this.#known.sendAgain(entry.key, { ...known, revision: entry.revision, isGone });
      this.#owe(entry.key);
    }
  }

  /** Whether a key was changed here since it was the same as in the bucket. */
  #isChanged(key: string, local: LocalValue | undefined, known: Known | undefined): boolean {
    // What was put here from the bucket is told as a change, too: the stamp says whether it is one.
    if (known !== undefined && local !== undefined) {
      const isOthers = local.stamp === known.again && known.origin !== this.#plan.side.origin;
      return local.stamp !== known.stamp && !isOthers;
    }
    if (this.#dirty.has(key)) return known?.isGone !== true;
    return known === undefined && local?.isInitial === false && !this.#isRecalled;
  }

  /**
   * Puts what the bucket has here, unless that was changed and a rule says otherwise.
   *
   * @param isChanged Whether what is here was changed, too.
   * @returns False when it has changed in the very moment.
   */
  async #replace(
    entry: BucketEntry,
    local: LocalValue | undefined,
    isChanged: boolean,
  ): Promise<boolean> {
    const { key, value } = entry;
    const { side } = this.#plan;
    const rule = !isChanged ? "theirs" : this.#isSpoiled ? "ours" : this.#plan.rule;
    if (rule === "ours") {
      this.counts.conflicts++;
      this.#known.note(entry, undefined);
      this.#owe(key);
      return true;
    }
    const isMerged = typeof rule === "function" && local !== undefined && value !== undefined;
    const wanted = isMerged ? { ...value, bytes: this.#merge(rule, entry, local) } : value;
    const session = this.#session;
    const found = await side.replace(key, local, wanted);
    if (found === "changed") {
      this.#owe(key);
      return false;
    }
    if (isChanged) this.counts.conflicts++;
    this.counts.received++;
    this.#countBytes("in", value);
    const isTheirs = isSame(wanted, value);
    // Its number may be another one's by now.
    const revision = session === this.#session ? entry.revision : 0;
    this.#known.note({ ...entry, revision }, isTheirs ? found?.stamp : undefined);
    if (!isTheirs) this.#owe(key);
    else if (side.read(key)?.stamp === found?.stamp) this.#dirty.delete(key);
    return true;
  }

  #merge(rule: Merge, { key, value }: BucketEntry, local: LocalValue): Uint8Array<ArrayBuffer> {
    const { side } = this.#plan;
    const base = this.#known.get(key)?.common ?? this.#recalledCommon;
    try {
      const ours = side.decode(local.bytes);
      const theirs = side.decode(value?.bytes ?? new Uint8Array());
      return side.encode(rule(ours, theirs, base === undefined ? undefined : side.decode(base)));
    } catch (error) {
      throw new MirrorEnd("", { cause: error });
    }
  }

  #countBytes(way: "out" | "in", value: BucketValue | undefined): void {
    this.counts.bytes[way] += value?.bytes.length ?? 0;
    this.counts.activeMs[way] = Date.now();
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
    const isAll = this.#readRevision >= this.#acknowledged;
    if (!this.#isRead || !this.#plan.isOut || this.waiting > 0 || !isAll) return;
    const known = this.#keepsCommon ? this.#known.first : undefined;
    const state = { created: this.#created, lastRevision: this.#readRevision };
    this.#plan.side.remember(state, known?.common);
  }
}

function newLoss(): PromiseWithResolvers<never> {
  const loss = Promise.withResolvers<never>();
  loss.promise.catch(() => {});
  return loss;
}
