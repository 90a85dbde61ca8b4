/**
 * How those who follow a journal learn that there is more: a named segment with one cell, kept only while somebody has the journal
 * open. Nothing is read from it but that something has happened.
 *
 * ```text
 * state    0 ┌ appends   u32   counts the appends, modulo 2^32
 *          4 │ last      u32   the sequence of the last record, modulo 2^32; 0: nobody has said
 *          8 └ reserved  56 bytes
 * ```
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import { pause, Segment, sharedPlaces, type Words, waitAsync } from "@isthmus/ipc/internal";

/** Word offsets in the state. */
export const HEAD = { appends: 0, last: 1 } as const;
export const HEAD_BYTES = 64;
const CELL = 0;
/** After this time one looks whether somebody has appended who shares the directory and not the shared memory. */
export const LOOK_AGAIN_MS = 1000;

/** The segment's name for a journal. */
export function headName(id: Uint8Array): string {
  return `journal-${Buffer.from(id).toString("hex")}`;
}

/** The live head of one handle. */
export class LiveHead implements Disposable {
  readonly #segment: Segment | undefined;
  readonly #words: Words | undefined;
  readonly #appends: number;
  readonly #last: number;

  /** @param id Of the journal. */
  constructor(id: Uint8Array) {
    const segment = openHead(headName(id));
    this.#segment = segment;
    this.#words = segment?.memory.words;
    const state = segment?.memory.wordOf(SECTION.state) ?? 0;
    this.#appends = state + HEAD.appends;
    this.#last = state + HEAD.last;
  }

  /** Says up to which sequence there are records. Call it while nobody else can append. */
  note(last: number): void {
    this.#words?.store(this.#last, last | 0);
  }

  /** What has been said; a hint. */
  get last(): number {
    return this.#words?.load(this.#last) ?? 0;
  }

  /** Tells everybody who follows that there is more. Call it after it has been written. */
  ring(): void {
    this.#words?.add(this.#appends, 1);
    this.#segment?.cell(CELL).wake();
  }

  /** What `wait` compares: look at it, then at the journal, then wait. */
  get appends(): number {
    return this.#words?.load(this.#appends) ?? 0;
  }

  /**
   * Waits until somebody has appended, or may have.
   *
   * @param seen What `appends` was before the journal was looked at.
   * @param timeoutMs How long at most, in milliseconds; never longer than it may take to see what those append who do not ring.
   * @throws The signal's reason, or what `whenClosed` says.
   */
  async wait(seen: number, signal: AbortSignal, timeoutMs: number = LOOK_AGAIN_MS): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) {
      await pause(timeoutMs, signal);
      return;
    }
    const condition = {
      attempt: () => (this.appends === seen ? undefined : true),
      description: "wait for a record",
      owner: "Journal",
      cell: segment.cell(CELL),
    };
    await waitAsync(condition, segment.doorbell, { timeoutMs, signal });
  }

  [Symbol.dispose](): void {
    this.#segment?.dispose();
  }
}

/** Undefined where there is no shared memory for it: then everybody looks now and then. */
function openHead(name: string): Segment | undefined {
  try {
    return new Segment("createOrOpen", {
      name,
      kind: "journal",
      cellCount: 1,
      sections: [{ id: SECTION.state, length: HEAD_BYTES }],
      role: "user",
      places: sharedPlaces({}),
    });
  } catch {
    // What has been appended has been appended, whatever is wrong with the directory of names.
    return undefined;
  }
}
