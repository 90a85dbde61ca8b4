/**
 * What a mirror knows of the keys of its bucket.
 *
 * @module
 */
import type { BucketEntry } from "./bucket.ts";

/** How many keys are known before those are forgotten that have no value. */
const KNOWN_MIN = 10_000;

/** What the bucket and this side are known to have in common for a key. */
export interface Known {
  readonly revision: number;
  /** Of the value here that stands for it; undefined when there is none. */
  readonly stamp: string | undefined;
  /** Whether the bucket has no value for it. */
  readonly isGone: boolean;
  /** The value, where somebody merges. */
  readonly common: Uint8Array | undefined;
  /** From where it is. */
  readonly origin: string;
  /** Of the value here, or of none, that is sent again as it came, as from where it came: the server has forgotten it. */
  readonly again: string | undefined;
}

/** Stands for the stamp of a key that has no value. */
export const DELETION: string = "";

/** What is known of a key that nothing is known of. */
const NOTHING: Known = {
  revision: 0,
  stamp: undefined,
  isGone: true,
  common: undefined,
  origin: "",
  again: undefined,
};

/** The keys of one mirror. */
export class KnownKeys {
  readonly #known = new Map<string, Known>();
  readonly #keepsCommon: boolean;
  #limit = KNOWN_MIN;

  /** @param keepsCommon Whether somebody merges. */
  constructor(keepsCommon: boolean) {
    this.#keepsCommon = keepsCommon;
  }

  get(key: string): Known | undefined {
    return this.#known.get(key);
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  keys(): Iterable<string> {
    return this.#known.keys();
  }

  /** Of one of them. */
  get first(): Known | undefined {
    return this.#known.values().next().value;
  }

  /** Notes what the bucket has, and the stamp of what is here when that is the same. */
  note({ key, revision, value, origin }: BucketEntry, stamp: string | undefined): void {
    const common = this.#keepsCommon ? value?.bytes : undefined;
    const isGone = value === undefined;
    this.#known.set(key, { revision, stamp, isGone, common, origin, again: undefined });
  }

  /** Notes which revision a key really has. */
  correct(key: string, revision: number, isGone: boolean): void {
    const known = this.#known.get(key) ?? NOTHING;
    this.#known.set(key, { ...known, stamp: undefined, revision, isGone });
  }

  /** Notes that what is here is to be sent once more, as it came here or was made here. */
  sendAgain(key: string, known: Known): void {
    this.#known.set(key, { ...known, stamp: undefined, again: known.stamp ?? known.again });
  }

  /** The bucket is another one: its numbers mean nothing. */
  forgetNumbers(): void {
    for (const [key, known] of this.#known) this.#known.set(key, { ...known, revision: 0 });
  }

  /**
   * Sees what the bucket should have and has not: the server has forgotten it, or its time there was over.
   *
   * @param isSettled Whether it has a key, or that is being seen to.
   * @param lastRevision The last revision that the server knows.
   * @returns The keys that are to be sent.
   */
  missing(isSettled: (key: string) => boolean, lastRevision: number): string[] {
    const found: string[] = [];
    for (const [key, known] of this.#known) {
      if (isSettled(key)) continue;
      if ((known.stamp ?? known.again) !== undefined) {
        this.sendAgain(key, { ...known, revision: 0, isGone: true });
      } else if (known.isGone && known.revision > lastRevision) {
        this.sendAgain(key, { ...known, revision: 0, isGone: false, again: DELETION });
      } else {
        this.#known.delete(key);
        continue;
      }
      found.push(key);
    }
    return found;
  }

  /** Forgets keys when there are many: a bucket of ever new keys would fill the memory. */
  limit(isNeeded: (key: string) => boolean): void {
    if (this.#known.size <= this.#limit) return;
    for (const key of this.#known.keys()) if (!isNeeded(key)) this.#known.delete(key);
    this.#limit = Math.max(KNOWN_MIN, this.#known.size * 2);
  }
}
