/**
 * Makes what a bucket has and what is here for a key the same, and decides which of the two counts.
 *
 * @module
 */
import type { BucketEntry } from "./bucket.ts";
import type { Known, KnownKeys } from "./known-keys.ts";
import { isSame, type LocalValue } from "./local-side.ts";
import {
  countValue,
  type Merge,
  type MirrorCounts,
  MirrorEnd,
  type MirrorPlan,
} from "./mirror-plan.ts";
import type { MirrorSession } from "./mirror-session.ts";

/** What it is decided by. */
interface SettlerParts {
  readonly plan: MirrorPlan;
  readonly known: KnownKeys;
  readonly session: MirrorSession;
  readonly counts: MirrorCounts;
  /** Keys that are to be sent. */
  readonly dirty: Set<string>;
  /** What both sides had in common when the last mirror ended. */
  readonly recalledCommon: Uint8Array | undefined;
}

/** Decides for one mirror. */
export class Settler {
  readonly #plan: MirrorPlan;
  readonly #known: KnownKeys;
  readonly #session: MirrorSession;
  readonly #counts: MirrorCounts;
  readonly #dirty: Set<string>;
  readonly #recalledCommon: Uint8Array | undefined;

  constructor({ plan, known, session, counts, dirty, recalledCommon }: SettlerParts) {
    this.#plan = plan;
    this.#known = known;
    this.#session = session;
    this.#counts = counts;
    this.#dirty = dirty;
    this.#recalledCommon = recalledCommon;
  }

  /** Makes what the bucket has and what is here for a key the same, or sees what is to be sent. */
  async settle(entry: BucketEntry): Promise<void> {
    const { key, revision, value, origin } = entry;
    const { side, isOut, isIn, fenced } = this.#plan;
    for (;;) {
      const known = this.#known.get(key);
      const local = side.read(key);
      if (known?.revision === revision && local?.stamp !== known.stamp && isOut) {
        this.owe(key);
        return;
      }
      const isKnown = known?.revision === revision;
      // What was read before this side's own newer write was acknowledged is no news.
      const isBehind = known !== undefined && revision < known.revision;
      if (isBehind && !this.#session.isForgotten(known)) return;
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
        this.owe(key);
        return;
      }
      const isOld = isOut && this.#session.isOld(revision, known);
      if (isOld) return this.#leave(entry, known, local);
      if (!isIn) {
        // What others write into it while this one does is their fault, or this one has been replaced.
        const { isRead } = this.#session;
        if (isRead && fenced !== undefined) throw new MirrorEnd("", { cause: fenced(key) });
        this.#known.note(entry, isRead ? local?.stamp : undefined);
        if (!isRead) this.owe(key);
        return;
      }
      const isKept = isOut && this.#isChanged(key, local, known);
      if (await this.#replace(entry, local, isKept)) return;
    }
  }

  /** Notes what revision an old entry has; what is here goes out where it is another one. */
  #leave(entry: BucketEntry, known: Known | undefined, local: LocalValue | undefined): void {
    if (known === undefined) {
      this.#known.note(entry, undefined);
      if (local !== undefined) this.owe(entry.key);
    } else {
      const isGone = entry.value === undefined;
      this.#known.sendAgain(entry.key, { ...known, revision: entry.revision, isGone });
      this.owe(entry.key);
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
    return known === undefined && local?.isInitial === false && !this.#session.isRecalled;
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
    const rule = !isChanged ? "theirs" : this.#session.isSpoiled ? "ours" : this.#plan.rule;
    if (rule === "ours") {
      this.#counts.conflicts++;
      this.#known.note(entry, undefined);
      this.owe(key);
      return true;
    }
    const isMerged = typeof rule === "function" && local !== undefined && value !== undefined;
    const wanted = isMerged ? { ...value, bytes: this.#merge(rule, entry, local) } : value;
    const { number } = this.#session;
    const found = await side.replace(key, local, wanted);
    if (found === "changed") {
      this.owe(key);
      return false;
    }
    if (isChanged) this.#counts.conflicts++;
    this.#counts.received++;
    countValue(this.#counts, "in", value);
    const isTheirs = isSame(wanted, value);
    // Its number may be another one's by now.
    const revision = number === this.#session.number ? entry.revision : 0;
    this.#known.note({ ...entry, revision }, isTheirs ? found?.stamp : undefined);
    if (!isTheirs) this.owe(key);
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

  /** What is here for a key is to be sent, where anything is. */
  owe(key: string): void {
    if (this.#plan.isOut) this.#dirty.add(key);
  }
}
