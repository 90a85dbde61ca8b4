/**
 * What a participant has to work with.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { MemoryMappedFile, TimeoutError } from "@isthmus/core";
import { directoryPath } from "@isthmus/core/internal";
import type { ControlBlock } from "./control-block.ts";
import { EVENT, type EventCode } from "./event.ts";
import type { EventWriter } from "./event-writer.ts";
import { countOpenSegments } from "./open-segments.ts";
import type { Sabotage } from "./sabotage.ts";
import { SeededRandom } from "./seeded-random.ts";

/** How long a wait lasts at most before it is seen whether the driver is still there, in milliseconds. */
export const PATIENCE: { readonly timeoutMs: number } = { timeoutMs: 2000 };

/** How many times a participant goes round, seen by everybody, before it does the harm that it was told to do. */
const ROUNDS_BEFORE_HARM = 20;
const RETAINED_BYTES = 4096;
const IDLE_MS = 20;

/** What a stand is made of. */
export interface StandParts {
  readonly id: number;
  readonly seed: number;
  /** Where the evidence of the run is. */
  readonly evidencePath: string;
  readonly control: ControlBlock;
  readonly writer: EventWriter;
  readonly sabotage: Sabotage | undefined;
}

/** The random choices, the log and the end of one participant. */
export class Stand {
  /** The participant's number; its records bear it. */
  readonly id: number;
  readonly random: SeededRandom;
  /** Where the evidence of the run is. */
  readonly evidencePath: string;
  readonly #control: ControlBlock;
  readonly #writer: EventWriter;
  readonly #parent = process.ppid;
  #sabotage: Sabotage | undefined;
  /** Rounds since it was told to stay: from then on, nobody is away who could see what it does. */
  #rounds = 0;
  /** Held, so that nothing collects and closes it. */
  readonly #retained: Disposable[] = [];

  constructor({ id, seed, evidencePath, control, writer, sabotage }: StandParts) {
    this.id = id;
    this.evidencePath = evidencePath;
    this.random = new SeededRandom(seed);
    this.#control = control;
    this.#writer = writer;
    this.#sabotage = sabotage;
  }

  /** Whether this participant is to come to its end. */
  get isOver(): boolean {
    this.#endWithDriver();
    return this.isLast || this.#control.biddingOf(this.id) === "leave";
  }

  /** Whether nobody comes after it, so that it takes what is left. */
  get isLast(): boolean {
    return this.#control.biddingOf(this.id) === "end";
  }

  /** Whether this participant may leave and come back. */
  get mayLeave(): boolean {
    return this.#control.biddingOf(this.id) !== "stay";
  }

  /** Whether another round begins before it leaves, of so many that it had chosen. */
  goesOn(rounds: number): boolean {
    return !this.isOver && (rounds > 0 || !this.mayLeave);
  }

  /** Writes down what happened. It is the kernel's when this returns, whatever becomes of this process. */
  note(code: EventCode, value = 0, stream = 0): void {
    this.#writer.write(code, stream, value);
  }

  /** As `turn`, and passes a little time. */
  async breathe(): Promise<void> {
    const pauseMs = this.random.below(4);
    if (pauseMs > 0) await Bun.sleep(pauseMs);
    await this.turn();
  }

  /** Does nothing until it is to come to its end. */
  async idle(): Promise<void> {
    while (!this.isOver) {
      this.note(EVENT.idle);
      await Bun.sleep(IDLE_MS);
    }
  }

  /** Lets the event loop turn, and no more time pass; does the harm that it was told to do, when it is time. */
  async turn(): Promise<void> {
    if (!this.mayLeave && ++this.#rounds === ROUNDS_BEFORE_HARM) this.#harm();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Sometimes passes a little time on this thread, so that others do something, or this process dies, in between. */
  dawdle(): void {
    if (this.random.oneIn(50)) Bun.sleepSync(this.random.below(3));
  }

  /** Tries until it does not time out; the driver decides how long is too long. */
  persist<T>(action: () => T): T {
    for (;;) {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        this.#endWithDriver();
      }
    }
  }

  /** As `persist`, for what waits in the event loop. */
  async persistAsync<T>(action: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        this.#endWithDriver();
      }
    }
  }

  /** Whether it was told to do this; it is so once. */
  takeSabotage(sabotage: Sabotage): boolean {
    if (this.#sabotage !== sabotage || this.#rounds < ROUNDS_BEFORE_HARM) return false;
    this.#sabotage = undefined;
    this.note(EVENT.harmed);
    return true;
  }

  /** Looks for segments that are still open or mapped. To be called when everything has been closed. Linux. */
  checkLeaks(): void {
    const leftCount = countOpenSegments(basename(directoryPath()));
    if (leftCount > 0) this.note(EVENT.leaked, leftCount);
  }

  #harm(): void {
    // A file that is nothing would be collected as what a crash has left.
    if (this.takeSabotage("litter")) mkdirSync(join(directoryPath(), `litter-${this.id}`));
    if (this.takeSabotage("retain")) {
      const file = MemoryMappedFile.createOrOpen(`retained-${this.id}`, RETAINED_BYTES);
      this.#retained.push(file, file.createViewAccessor());
    }
    if (!this.takeSabotage("hang")) return;
    for (;;) {
      Bun.sleepSync(100);
      this.#endWithDriver();
    }
  }

  #endWithDriver(): void {
    // Nobody is left who could ask this process to end, or clear up after it.
    if (process.ppid !== this.#parent) process.exit(1);
  }
}
