/**
 * What the driver tells its participants without their having to listen, and a clock that all of them share.
 *
 * ```text
 *   0 ┌ ticket     i32    counts events of all processes: which of two came first
 *   4 │ reserved   60 bytes
 *  64 └ biddings   i32 per participant, by its number: 0 work, 1 stay, 2 end, 3 leave
 * ```
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";

/** More participants than a run of a day can start. */
const PARTICIPANTS_MAX: number = 1 << 18;

const TICKET_WORD = 0;
const BIDDING_WORD = 16;
const LENGTH_BYTES = (BIDDING_WORD + PARTICIPANTS_MAX) * 4;

const BIDDINGS = ["work", "stay", "end", "leave"] as const;

/**
 * What a participant is to do: leave and come back as it likes, stay where it is, come to its end as the last of its
 * role, or leave for good and let another one come.
 */
export type Bidding = (typeof BIDDINGS)[number];

/** A file that the driver and all participants map. */
export class ControlBlock implements Disposable {
  readonly #file: MemoryMappedFile;
  readonly #words: Int32Array;

  /** @param path Where the file is, or is to be made. */
  constructor(path: string) {
    this.#file = MemoryMappedFile.createFromFile(path, {
      mode: "openOrCreate",
      capacity: LENGTH_BYTES,
    });
    const { buffer, byteOffset } = this.#file.createViewAccessor().bytes();
    this.#words = new Int32Array(buffer, byteOffset, LENGTH_BYTES / 4);
  }

  /** The next number: greater than that of everything that has happened before, in whatever process. */
  ticket(): number {
    return Atomics.add(this.#words, TICKET_WORD, 1);
  }

  /** Tells a participant what to do. */
  bid(participant: number, bidding: Bidding): void {
    Atomics.store(this.#words, BIDDING_WORD + participant, BIDDINGS.indexOf(bidding));
  }

  /** What a participant has been told to do. */
  biddingOf(participant: number): Bidding {
    return BIDDINGS[Atomics.load(this.#words, BIDDING_WORD + participant)] ?? "end";
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
