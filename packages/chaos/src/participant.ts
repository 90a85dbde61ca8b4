/**
 * A participant as its own process sees it.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { MemoryMappedFile, TimeoutError } from "@isthmus/core";
import { directoryPath } from "@isthmus/core/internal";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import type { ControlBlock, Harm, Instruction } from "./control.ts";
import { EVENT, type EventCode, type EventWriter } from "./evidence.ts";
import type { ParticipantWaits } from "./participant-waits.ts";
import { countOpenSegments } from "./resources.ts";

/** How long one wait lasts at most, in milliseconds; after each, a participant looks whether the nemesis still lives. */
export const PATIENCE: { readonly timeoutMs: number } = { timeoutMs: 2000 };

/** How many rounds all others see of a participant before it does the harm that it was told to do. */
const ROUNDS_BEFORE_HARM = 20;
const RETAINED_BYTES = 4096;
const IDLE_MS = 20;

/** What a participant is made of. */
export interface ParticipantOptions {
  readonly id: number;
  readonly seed: number;
  /** The directory of the run's evidence. */
  readonly evidencePath: string;
  readonly control: ControlBlock;
  readonly writer: EventWriter;
  readonly waits: ParticipantWaits;
  readonly harm: Harm | undefined;
}

/** How a participant works; see {@link Participant.work}. */
interface WorkOptions<T> {
  readonly finish?: (opened: T) => void;
  readonly pauseMsMax?: number;
}

/** The random choices, the log and the end of one participant. */
export class Participant {
  /** The participant's number; its records bear it. */
  readonly id: number;
  readonly random: SeededRandom;
  /** The directory of the run's evidence. */
  readonly evidencePath: string;
  readonly #control: ControlBlock;
  readonly #writer: EventWriter;
  readonly #waits: ParticipantWaits;
  readonly #parent = process.ppid;
  #requested: Harm | undefined;
  /** Rounds since it was told to stay. From then on, nobody is away who could see what it does. */
  #rounds = 0;
  #hasTakenOver = false;
  /** Segments left open on purpose; held, so that the garbage collector does not close them. */
  readonly #retained: Disposable[] = [];

  constructor(options: ParticipantOptions) {
    const { id, seed, evidencePath, control, writer, waits, harm } = options;
    this.id = id;
    this.evidencePath = evidencePath;
    this.random = new SeededRandom(seed);
    this.#control = control;
    this.#writer = writer;
    this.#waits = waits;
    this.#requested = harm;
  }

  /** Whether this participant is to end. */
  get isOver(): boolean {
    this.#endWithNemesis();
    return this.isLast || this.#instruction === "leave";
  }

  /** Whether nobody comes after this participant, which therefore takes what is left. */
  get isLast(): boolean {
    return this.#instruction === "end";
  }

  /** Whether this participant may leave and come back. */
  get mayLeave(): boolean {
    return this.#instruction !== "stay";
  }

  /**
   * Opens something, works with it for a random number of rounds, closes it, and begins again, until it is to end.
   *
   * @param roundsMax The largest number of rounds between opening and closing.
   * @param open Opens; told how often it has been opened before.
   * @param round Does one round; false to close before all rounds are over.
   * @param options `finish`: called before each closing. `pauseMsMax`: the longest pause between rounds, in milliseconds.
   */
  async work<T extends Disposable>(
    roundsMax: number,
    open: (joining: number) => T,
    round: (opened: T) => Promise<unknown>,
    { finish, pauseMsMax = 3 }: WorkOptions<T> = {},
  ): Promise<void> {
    let isDone = false;
    for (let joining = 0; !isDone; joining++) {
      {
        using opened = open(joining);
        this.#noteReady();
        for (let rounds = 1 + this.random.below(roundsMax); this.#goesOn(rounds); rounds--) {
          if ((await round(opened)) === false) break;
          const pauseMs = this.random.below(pauseMsMax + 1);
          if (pauseMs > 0) await Bun.sleep(pauseMs);
          await this.#turn();
        }
        isDone = this.isOver;
        finish?.(opened);
      }
      this.#noteLeft();
    }
  }

  /** Keeps something open, and writes down now and then that it lives, until it is to end. */
  async keep(): Promise<void> {
    this.#noteReady();
    await this.idle();
  }

  /** Whether another round follows; `rounds` is how many are left of those that it chose to make. */
  #goesOn(rounds: number): boolean {
    return !this.isOver && (rounds > 0 || !this.mayLeave);
  }

  /** Writes down what happened. The event is the kernel's when this returns, and outlives this process. */
  note(code: EventCode, value = 0, stream = 0, more = 0): void {
    this.#writer.write(code, stream, value, more);
  }

  /** Writes down that it has opened what it works on. */
  #noteReady(): void {
    this.#hasTakenOver = false;
    this.#waits.endOpening();
    this.note(EVENT.ready);
  }

  /** Whether it has done the first piece of its work since it opened what it works on. */
  get hasTakenOver(): boolean {
    return this.#hasTakenOver;
  }

  /** Writes down that it has taken over, once each time it has opened what it works on. */
  noteSuccess(): void {
    if (this.#hasTakenOver) return;
    this.#hasTakenOver = true;
    this.noteWaits(EVENT.tookOver);
  }

  /** Writes down what happened, and what it has waited for so far. */
  noteWaits(code: EventCode): void {
    const { processorMs, othersMs } = this.#waits;
    this.note(code, processorMs, 0, othersMs * 1000);
  }

  /** Writes down that it has closed what it works on, and whether anything of it is left. */
  #noteLeft(): void {
    this.note(EVENT.left);
    this.checkLeaks();
  }

  /** Does nothing until it is to end. */
  async idle(): Promise<void> {
    while (!this.isOver) {
      this.note(EVENT.idle);
      await Bun.sleep(IDLE_MS);
    }
  }

  /** Sometimes blocks this thread for a moment, so that others act, or this process dies, in the middle of a step. */
  dawdle(): void {
    if (this.random.oneIn(50)) Bun.sleepSync(this.random.below(3));
  }

  /** Repeats an action until it does not time out; the monitor decides how long is too long. */
  persist<T>(action: () => T): T {
    for (;;) {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        this.#endWithNemesis();
      }
    }
  }

  /** As {@link persist}, for what waits in the event loop. */
  async persistAsync<T>(action: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        this.#endWithNemesis();
      }
    }
  }

  /** Whether it is time to do this harm, which was requested; true once. */
  takeHarm(harm: Harm): boolean {
    if (this.#requested !== harm || this.#rounds < ROUNDS_BEFORE_HARM) return false;
    this.#requested = undefined;
    this.note(EVENT.harmed);
    return true;
  }

  /** Writes down how many segments are still open or mapped, now that everything should be closed. Linux. */
  checkLeaks(): void {
    const leftCount = countOpenSegments(basename(directoryPath()));
    if (leftCount > 0) this.note(EVENT.leaked, leftCount);
  }

  /** Gives the event loop its turn; does the requested harm when it is time. */
  async #turn(): Promise<void> {
    if (!this.mayLeave && ++this.#rounds === ROUNDS_BEFORE_HARM) this.#doHarm();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  get #instruction(): Instruction {
    return this.#control.instructionFor(this.id);
  }

  #doHarm(): void {
    // A directory: an empty file would be collected as what a crash has left.
    if (this.takeHarm("litter")) mkdirSync(join(directoryPath(), `litter-${this.id}`));
    if (this.takeHarm("retain")) {
      const file = MemoryMappedFile.createOrOpen(`retained-${this.id}`, RETAINED_BYTES);
      this.#retained.push(file, file.createViewAccessor());
    }
    if (!this.takeHarm("hang")) return;
    for (;;) {
      Bun.sleepSync(100);
      this.#endWithNemesis();
    }
  }

  /** The parent watch: without the nemesis, nobody could ask this process to end, or clear up after it. */
  #endWithNemesis(): void {
    if (process.ppid !== this.#parent) process.exit(1);
  }
}
