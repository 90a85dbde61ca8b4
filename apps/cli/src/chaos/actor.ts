/**
 * One participant as the driver sees it: its process, its log, and what has been done to it.
 *
 * @module
 */
import { statSync } from "node:fs";
import { programCommand } from "@isthmus/programs";
import type { Subprocess } from "bun";
import { startProcess } from "../start-process.ts";
import { EVENT, EVENT_BYTES } from "./event.ts";
import { EventLog } from "./event-log.ts";
import { EXIT_NO_ROOM, type Order } from "./order.ts";
import type { Part, Stage } from "./stage.ts";
import type { Testimony } from "./testimony.ts";

const PROGRAM = programCommand(import.meta.dir, "participant.ts");
/** As much of what a process complained of as is told. */
const COMPLAINT_CHARACTERS = 600;

/** How the process of a participant has ended. */
export type ActorEnd = "ended" | "killed" | "noRoom" | "failed";

/** What an actor is made of. */
export interface ActorParts {
  readonly stage: Stage;
  readonly part: Part;
  readonly era: number;
  readonly order: Order;
  /** Where its standard error goes. */
  readonly errorPath: string;
  readonly namesPath: string;
}

/** A participant's process. */
export class Actor implements Testimony {
  readonly id: number;
  readonly role: string;
  readonly era: number;
  readonly stage: Stage;
  readonly part: Part;
  /** Reads what it has written down so far. */
  readonly events: () => EventLog;
  readonly startedAtMs: number = performance.now();
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  /** When its log was last seen to have grown, or it was given time for another reason. */
  movedAtMs: number = performance.now();
  isAsked = false;
  /** Whether it keeps something, or was told to do harm, and is therefore neither killed nor stopped. */
  readonly isSpared: boolean;
  /** Whether it was told to do harm. */
  readonly isSaboteur: boolean;
  isStopped = false;
  /** Whether it was stopped, or shared memory was full, in its life: it may have taken longer than it needs. */
  isHindered = false;
  killTicket: number | undefined;
  killedAtMs: number | undefined;
  end: ActorEnd | undefined;
  readonly #process: Subprocess<"ignore", "ignore", Bun.BunFile>;
  readonly #logPath: string;
  readonly #errorPath: string;
  #logBytes = 0;

  /** Starts the process. */
  constructor({ stage, part, era, order, errorPath, namesPath }: ActorParts) {
    this.id = order.id;
    this.role = part.role;
    this.era = era;
    this.isSaboteur = order.sabotage !== undefined;
    this.isSpared = part.isKeeper === true || this.isSaboteur;
    this.stage = stage;
    this.part = part;
    this.#logPath = order.logPath;
    this.events = () => new EventLog(order.logPath);
    this.#errorPath = errorPath;
    this.#process = startProcess([...PROGRAM, JSON.stringify(order)], {
      env: { ...process.env, ISTHMUS_DIR: namesPath },
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(errorPath),
    });
    this.exited = this.#process.exited.then((code) => {
      this.end = this.#endOf(code);
    });
  }

  /** What to call it: `orders/producer 7`. */
  get label(): string {
    return `${this.stage.name}/${this.role} ${this.id}`;
  }

  get isKilled(): boolean {
    return this.end === "killed";
  }

  get isAlive(): boolean {
    return this.end === undefined;
  }

  /** Whether it is alive and has neither been killed nor asked to end, which it may not have noticed yet. */
  get isStaying(): boolean {
    return this.isAlive && !this.isAsked && this.killTicket === undefined;
  }

  /** Whether it has opened what it works on. */
  get isReady(): boolean {
    return this.#logBytes >= EVENT_BYTES;
  }

  /** Looks whether the log has grown. */
  look(nowMs: number): void {
    const { size = 0 } = statSync(this.#logPath, { throwIfNoEntry: false }) ?? {};
    if (size === this.#logBytes) return;
    this.#logBytes = size;
    this.movedAtMs = nowMs;
  }

  /**
   * Whether it has seen, after a ticket was drawn, that it is to stay: it then works on, and is not on the way out and
   * back in.
   */
  hasStayed(ticket: number): boolean {
    const log = this.events();
    const last = log.length - 1;
    return last >= 0 && log.ticket(last) > ticket && log.code(last) !== EVENT.left;
  }

  /** Whether it has done the harm that it was told to do. */
  hasHarmed(): boolean {
    const log = this.events();
    for (let index = log.length - 1; index >= 0; index--) {
      if (log.code(index) === EVENT.harmed) return true;
    }
    return false;
  }

  /** Kills it: no code of its own runs any more. */
  kill(ticket: number): void {
    if (!this.isAlive) return;
    this.killTicket = ticket;
    this.killedAtMs = performance.timeOrigin + performance.now();
    this.#process.kill("SIGKILL");
  }

  /** Stops it: it is alive and does nothing. */
  stop(): void {
    this.isStopped = true;
    this.isHindered = true;
    this.#process.kill("SIGSTOP");
  }

  /** Lets it go on. */
  proceed(): void {
    this.isStopped = false;
    this.movedAtMs = performance.now();
    this.#process.kill("SIGCONT");
  }

  /** Ends the process without any judgement. */
  async abandon(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exited;
  }

  /** What its process complained of. */
  async complaint(): Promise<string> {
    const text = (await Bun.file(this.#errorPath).text()).trim();
    const { exitCode, signalCode } = this.#process;
    const how = `${signalCode ?? `exit code ${exitCode}`}`;
    return text === "" ? how : `${how}: ${text.slice(0, COMPLAINT_CHARACTERS)}`;
  }

  #endOf(code: number): ActorEnd {
    if (this.killTicket !== undefined) return "killed";
    if (code === EXIT_NO_ROOM) return "noRoom";
    return code === 0 && this.isAsked ? "ended" : "failed";
  }
}
