/**
 * What the revisions of a bucket mean: from which reading of it they are, and up to which one all of it is known here.
 *
 * @module
 */
import type { BucketState } from "./bucket.ts";
import type { Known } from "./known-keys.ts";
import type { Remembered } from "./local-side.ts";

/** One bucket, read from its beginning after every loss of the connection. */
export class MirrorSession {
  #created = "";
  /** What is not newer than that when the bucket is read for the first time was known to the last mirror. */
  #recalledRevision = 0;
  #isRecalled = false;
  /** The last revision that was read; what is not newer is no news. */
  #readRevision = 0;
  #acknowledged = 0;
  #beginRevision = 0;
  #isRead = false;
  #isFirst = true;
  #isSpoiled = false;
  #number = 0;
  /** Rejects when the connection is lost. */
  #lost: PromiseWithResolvers<never> = newLoss();

  /** @param recalled What the last mirror has left. */
  constructor(recalled: Remembered | undefined) {
    if (recalled === undefined) return;
    this.#isRecalled = true;
    this.#created = recalled.created;
    this.#recalledRevision = recalled.lastRevision;
  }

  /** How often the bucket has been read: revisions of another reading may be others' by now. */
  get number(): number {
    return this.#number;
  }

  /** The last revision that the server had when reading began. */
  get beginRevision(): number {
    return this.#beginRevision;
  }

  /** Whether the bucket has been read to its end since the connection was made. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Whether it has never been read to its end. */
  get isFirst(): boolean {
    return this.#isFirst;
  }

  /** Whether what is not known to have changed here has not: a mirror before has said so. */
  get isRecalled(): boolean {
    return this.#isRecalled;
  }

  /** Whether the server has forgotten what it had acknowledged, so that what is here counts more. */
  get isSpoiled(): boolean {
    return this.#isSpoiled;
  }

  /** How far all of the bucket is known here; undefined while something of it is on its way. */
  get state(): BucketState | undefined {
    const isAll = this.#isRead && this.#readRevision >= this.#acknowledged;
    return isAll ? { created: this.#created, lastRevision: this.#readRevision } : undefined;
  }

  /**
   * Begins to read: what the bucket is now decides what its old revisions mean.
   *
   * @returns Whether it is another bucket, and whether the server has forgotten what it had acknowledged.
   */
  begin({ created, lastRevision }: BucketState): { isOther: boolean; isForgotten: boolean } {
    const isOther = this.#created !== "" && this.#created !== created;
    const told = Math.max(this.#readRevision, this.#acknowledged, this.#beginRevision);
    const isForgotten = isOther || lastRevision < Math.max(this.#recalledRevision, told);
    if (isForgotten) {
      this.#isRecalled = false;
      this.#isSpoiled = true;
    }
    this.#number++;
    this.#created = created;
    this.#beginRevision = lastRevision;
    this.#readRevision = 0;
    this.#acknowledged = 0;
    return { isOther, isForgotten };
  }

  /** All that was in the bucket has been read. */
  finish(): void {
    this.#isFirst = false;
    this.#isRead = true;
    this.#isRecalled = false;
    this.#isSpoiled = false;
  }

  /** The connection is lost. */
  pause(): void {
    this.#isRead = false;
    this.#lost.reject(new Error("The connection was lost"));
    this.#lost = newLoss();
  }

  /** A revision was read. */
  noteRead(revision: number): void {
    this.#readRevision = Math.max(this.#readRevision, revision);
  }

  /** The server has acknowledged what became a revision. */
  noteAcknowledged(revision: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, revision);
  }

  /**
   * Waits for an answer of the server, but not for one that nobody sends any more; the client library would.
   *
   * @throws {Error} When the connection was lost meanwhile: what is told may be of revisions that are others' by now.
   */
  async answer<T>(answer: Promise<T>): Promise<T> {
    const number = this.#number;
    const found = await Promise.race([answer, this.#lost.promise]);
    if (number !== this.#number) throw new Error("The connection was lost meanwhile");
    return found;
  }

  /** Whether a revision is newer than what has been read. */
  isNews(revision: number): boolean {
    return revision > this.#readRevision;
  }

  /** Whether the server no more has what it has acknowledged, so that it tells of something older. */
  isForgotten({ revision }: Known): boolean {
    return !this.#isRead && (this.#isSpoiled || revision <= this.#beginRevision);
  }

  /** Whether a revision is what a mirror before has seen, or older than what this one has. */
  isOld(revision: number, known: Known | undefined): boolean {
    if (known !== undefined) return revision < known.revision;
    return this.#isRecalled && revision <= this.#recalledRevision;
  }
}

function newLoss(): PromiseWithResolvers<never> {
  const loss = Promise.withResolvers<never>();
  loss.promise.catch(() => {});
  return loss;
}
