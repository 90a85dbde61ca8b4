/**
 * What the nemesis tells its participants: an order at the start of each, and instructions in memory that all of them
 * map, so that nobody has to listen. The same memory holds a clock that all of them share.
 *
 * ```text
 *   0 ┌ ticket         i32   counts the events of all processes: which of two came first
 *   4 │ reserved       60 bytes
 *  64 └ instructions   i32 per participant, by its number: 0 work, 1 stay, 2 end, 3 leave
 * ```
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";

/** The exit code of a participant that found no room in shared memory (EX_TEMPFAIL of sysexits.h). */
export const EXIT_NO_ROOM = 75;

/**
 * Harm that a participant does on request, so that tests can see that the judges find it. `skip`: leaves a record out
 * and says that it was sent, or makes a job disappear. `repeat`: sends a record twice. `swap`: sends two records in each
 * other's place. `tear`: sends a record, or publishes a value, whose parts do not belong together. `cling`: goes on with
 * a job that it has given back. `litter`: leaves a directory among the names. `retain`: leaves a file of named memory
 * open and mapped. `hang`: never goes on.
 */
export type Harm = "skip" | "repeat" | "swap" | "tear" | "cling" | "litter" | "retain" | "hang";

/** The only argument of a participant's program, as JSON. */
export interface Order {
  /** The participant's number. */
  readonly id: number;
  readonly scenario: string;
  readonly role: string;
  readonly seed: number;
  /** The file of the control block. */
  readonly controlPath: string;
  /** Where to write down what happens. */
  readonly logPath: string;
  readonly harm?: Harm | undefined;
}

/** More participants than a run of a day can start. */
const PARTICIPANTS_MAX = 1 << 18;
const TICKET_WORD = 0;
const INSTRUCTION_WORD = 16;
const LENGTH_BYTES = (INSTRUCTION_WORD + PARTICIPANTS_MAX) * 4;

const INSTRUCTIONS = ["work", "stay", "end", "leave"] as const;

/**
 * `work`: work, leave and come back at will. `stay`: work and do not leave. `end`: take what is left, as the last of the
 * role, and end. `leave`: end, and let another one come.
 */
export type Instruction = (typeof INSTRUCTIONS)[number];

/** A file that the nemesis and all participants map. */
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

  /** The next number: greater than that of every earlier event, in whatever process. */
  ticket(): number {
    return Atomics.add(this.#words, TICKET_WORD, 1);
  }

  /** Tells a participant what to do. */
  instruct(participant: number, instruction: Instruction): void {
    Atomics.store(this.#words, INSTRUCTION_WORD + participant, INSTRUCTIONS.indexOf(instruction));
  }

  /** What a participant has been told to do. */
  instructionFor(participant: number): Instruction {
    return INSTRUCTIONS[Atomics.load(this.#words, INSTRUCTION_WORD + participant)] ?? "end";
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
