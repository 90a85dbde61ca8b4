/**
 * Keys that are being seen to: each of them by one at a time.
 *
 * @module
 */
import type { BucketEntry } from "./bucket.ts";

/** A key that is being seen to. */
export interface Errand {
  /** What the bucket has told of it meanwhile. */
  later: BucketEntry | undefined;
  /** Whether the bucket has been read to its end meanwhile, and has nothing for it. */
  isMissing: boolean;
}

/** What sees to keys. */
export interface ErrandHooks {
  /** Sees to what the bucket has told. */
  readonly settle: (entry: BucketEntry) => Promise<void>;
  /** Something did not work. */
  readonly fail: (key: string, error: unknown, told: BucketEntry | undefined) => void;
}

/** The errands of one mirror. */
export class Errands {
  readonly #errands = new Map<string, Errand>();
  readonly #hooks: ErrandHooks;

  constructor(hooks: ErrandHooks) {
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#errands.size;
  }

  has(key: string): boolean {
    return this.#errands.has(key);
  }

  get(key: string): Errand | undefined {
    return this.#errands.get(key);
  }

  /** What the bucket has told meanwhile is of another reading. */
  forgetTold(): void {
    for (const errand of this.#errands.values()) errand.later = undefined;
  }

  /** The bucket has been read to its end. */
  noteMissing(seen: ReadonlySet<string>): void {
    for (const [key, errand] of this.#errands) errand.isMissing = !seen.has(key);
  }

  /**
   * Sees to a key, alone, and then to what the bucket has told of it meanwhile.
   *
   * @param key Of what.
   * @param see Does it.
   * @param first What it is about, where that is something that the bucket has told.
   * @returns Whether the bucket turned out to have nothing for it.
   */
  async run(
    key: string,
    see: (errand: Errand) => Promise<void>,
    first: BucketEntry | undefined,
  ): Promise<boolean> {
    const errand: Errand = { later: undefined, isMissing: false };
    this.#errands.set(key, errand);
    let told = first;
    for (let step = see; ; ) {
      try {
        await step(errand);
      } catch (error) {
        this.#hooks.fail(key, error, told);
      }
      const entry = errand.later;
      if (entry === undefined) break;
      told = entry;
      errand.later = undefined;
      errand.isMissing = false;
      step = () => this.#hooks.settle(entry);
    }
    this.#errands.delete(key);
    return errand.isMissing;
  }
}
