/**
 * All participants of a run, numbered, as the nemesis sees them.
 *
 * @module
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { programCommand } from "@isthmus/programs";
import type { SeededRandom } from "@isthmus/programs/seeded-random";
import { startProcess } from "@isthmus/programs/start-process";
import type { Subprocess } from "bun";
import { ControlBlock, EXIT_NO_ROOM, type Harm, type Order } from "./control.ts";
import { clockMs, EVENT, EVENT_BYTES, EventLog, type Evidence } from "./evidence.ts";
import type { ChaosPlace } from "./place.ts";
import type { Role, Scenario } from "./scenario.ts";

const PROGRAM = programCommand(import.meta.dirname, "participant-main.ts");
/** How much of a process's standard error is told. */
const COMPLAINT_CHARACTERS = 600;

/** A time from one moment to another, in milliseconds since 1970; `toMs` is `Infinity` while it lasts. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a participant's process is started with. */
interface ProcessOptions {
  readonly scenario: Scenario;
  readonly role: Role;
  readonly epoch: number;
  readonly order: Order;
  /** Where its standard error goes. */
  readonly errorPath: string;
  readonly namesPath: string;
  /** Told what is done to it, and what it does then. */
  readonly note: (what: string) => void;
}

/** One participant: its process, its log, and what has been done to it. */
export class ParticipantProcess implements Evidence {
  readonly id: number;
  readonly role: string;
  readonly epoch: number;
  readonly scenario: Scenario;
  readonly rank: Role["rank"];
  /** The role without which it cannot work; see `Role`. */
  readonly needs: string | undefined;
  /** Which participants work with each other: those of a scenario in an epoch. */
  readonly group: string;
  /** Reads what it has written down so far. */
  readonly events: () => EventLog;
  readonly startedAtMs: number = performance.now();
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  /** When its log was last seen to have grown, or it was given time for another reason. */
  movedAtMs: number = performance.now();
  /** Whether it was asked to end. */
  isAsked = false;
  /** Whether it is neither killed nor stopped, because it is a keeper or does harm itself. */
  readonly isSpared: boolean;
  /** Whether it does harm on request. */
  readonly isNemesis: boolean;
  isStopped = false;
  /** When it was stopped. */
  readonly stops: Interval[] = [];
  killTicket: number | undefined;
  /** When it was killed, in milliseconds since 1970. */
  killedAtMs: number | undefined;
  /** How its process has ended; undefined while it lives. */
  end: "ended" | "killed" | "noRoom" | "failed" | undefined;
  readonly #process: Subprocess<"ignore", "ignore", Bun.BunFile>;
  readonly #logPath: string;
  readonly #errorPath: string;
  readonly #note: (what: string) => void;
  #logBytes = 0;

  /** Starts the process. */
  constructor({ scenario, role, epoch, order, errorPath, namesPath, note }: ProcessOptions) {
    this.id = order.id;
    this.role = role.name;
    this.rank = role.rank;
    this.needs = role.needs;
    this.epoch = epoch;
    this.isNemesis = order.harm !== undefined;
    this.isSpared = role.isKeeper === true || this.isNemesis;
    this.scenario = scenario;
    this.group = `${scenario.name} ${epoch}`;
    this.#logPath = order.logPath;
    this.events = () => new EventLog(order.logPath);
    this.#errorPath = errorPath;
    this.#process = startProcess([...PROGRAM, JSON.stringify(order)], {
      env: { ...process.env, ISTHMUS_DIR: namesPath },
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(errorPath),
    });
    this.#note = (what) => note(`${what} ${this.label}`);
    this.#note(`start as process ${this.#process.pid}, in epoch ${epoch},`);
    this.exited = this.#process.exited.then((code) => {
      this.end = this.#endOf(code);
      this.#endStop();
      this.#note(`exit code ${code}, ${this.end}:`);
    });
  }

  /** What to call it: `orders/producer 7`. */
  get label(): string {
    return `${this.scenario.name}/${this.role} ${this.id}`;
  }

  get isKilled(): boolean {
    return this.end === "killed";
  }

  get isAlive(): boolean {
    return this.end === undefined;
  }

  /** Whether it lives and was neither killed nor asked to end: it may not have noticed either yet. */
  get isStaying(): boolean {
    return this.isAlive && !this.isAsked && this.killTicket === undefined;
  }

  /** Whether it has opened what it works on: the event after that of its start. */
  get isReady(): boolean {
    return this.#logBytes >= 2 * EVENT_BYTES;
  }

  /** Looks whether the log has grown. */
  look(nowMs: number): void {
    const { size = 0 } = statSync(this.#logPath, { throwIfNoEntry: false }) ?? {};
    if (size === this.#logBytes) return;
    this.#logBytes = size;
    this.movedAtMs = nowMs;
  }

  /** Whether it has worked since a ticket was drawn, when it was told to stay, and is not on its way out and back in. */
  hasStayed(ticket: number): boolean {
    const log = this.events();
    const last = log.length - 1;
    if (last < 0 || log.ticket(last) <= ticket) return false;
    return log.code(last) !== EVENT.left && log.code(last) !== EVENT.started;
  }

  /** Whether it has done the harm that was requested. */
  hasHarmed(): boolean {
    return this.events().indexOf(EVENT.harmed) !== -1;
  }

  /** Kills it: no code of its own runs any more. */
  kill(ticket: number): void {
    if (!this.isAlive) return;
    this.#note(`kill, at ticket ${ticket},`);
    this.killTicket = ticket;
    this.killedAtMs = clockMs();
    this.#process.kill("SIGKILL");
  }

  /** Stops it: it lives and does nothing. */
  stop(): void {
    this.#note("stop");
    this.isStopped = true;
    this.stops.push({ fromMs: clockMs(), toMs: Infinity });
    this.#process.kill("SIGSTOP");
  }

  /** Lets it go on. */
  proceed(): void {
    this.#note("continue");
    this.isStopped = false;
    this.movedAtMs = performance.now();
    this.#process.kill("SIGCONT");
    this.#endStop();
  }

  /** Ends the process without any judgement. */
  async abandon(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exited;
  }

  /** How its process has ended, and what it wrote to standard error. */
  async complaint(): Promise<string> {
    const text = (await Bun.file(this.#errorPath).text()).trim();
    const { exitCode, signalCode } = this.#process;
    const how = `${signalCode ?? `exit code ${exitCode}`}`;
    return text === "" ? how : `${how}: ${text.slice(0, COMPLAINT_CHARACTERS)}`;
  }

  #endStop(): void {
    const last = this.stops.at(-1);
    if (last?.toMs === Infinity) this.stops.splice(-1, 1, { ...last, toMs: clockMs() });
  }

  #endOf(code: number): ParticipantProcess["end"] {
    if (this.killTicket !== undefined) return "killed";
    if (code === EXIT_NO_ROOM) return "noRoom";
    return code === 0 && this.isAsked ? "ended" : "failed";
  }
}

/** Harm that the first participant of a role does on request. */
export interface NemesisOrder {
  readonly scenario: string;
  readonly role: string;
  readonly harm: Harm;
}

/** Starts participants, numbers them, and keeps all of them for the judges. */
export class Roster implements Disposable {
  /** In the order in which they were started; a participant's number is its index. */
  readonly participants: ParticipantProcess[] = [];
  readonly control: ControlBlock;
  readonly #place: ChaosPlace;
  readonly #random: SeededRandom;
  readonly #controlPath: string;
  #requested: NemesisOrder | undefined;

  /**
   * @param place Where the run takes place.
   * @param random Draws the participants' seeds.
   * @param requested Harm that one participant is to do.
   */
  constructor(place: ChaosPlace, random: SeededRandom, requested: NemesisOrder | undefined) {
    this.#place = place;
    this.#random = random;
    this.#requested = requested;
    this.#controlPath = join(place.evidencePath, "control");
    this.control = new ControlBlock(this.#controlPath);
  }

  /** Starts a participant. */
  start(scenario: Scenario, role: Role, epoch: number): ParticipantProcess {
    const id = this.participants.length;
    const { evidencePath, namesPath } = this.#place;
    const path = join(evidencePath, `${String(id).padStart(5, "0")}-${scenario.name}-${role.name}`);
    const order: Order = {
      id,
      scenario: scenario.name,
      role: role.name,
      seed: this.#random.seed(),
      controlPath: this.#controlPath,
      logPath: `${path}.log`,
      harm: this.#takeHarm(scenario, role),
    };
    const errorPath = `${path}.err`;
    const note = (what: string): void => this.#place.note(what);
    const options = { scenario, role, epoch, order, errorPath, namesPath, note };
    const participant = new ParticipantProcess(options);
    this.participants.push(participant);
    return participant;
  }

  /** Asks a participant to end: as the last of its role, or so that another one comes. */
  ask(participant: ParticipantProcess, instruction: "end" | "leave"): void {
    this.#place.note(`ask to ${instruction} ${participant.label}`);
    participant.isAsked = true;
    this.control.instruct(participant.id, instruction);
  }

  /** Kills a participant. */
  kill(participant: ParticipantProcess): void {
    participant.kill(this.control.ticket());
  }

  /** Ends every process, without judgement. */
  async abandonAll(): Promise<void> {
    const alive = this.participants.filter(({ isAlive }) => isAlive);
    await Promise.all(alive.map((participant) => participant.abandon()));
  }

  [Symbol.dispose](): void {
    this.control[Symbol.dispose]();
  }

  #takeHarm(scenario: Scenario, role: Role): Harm | undefined {
    const order = this.#requested;
    if (order?.scenario !== scenario.name || order.role !== role.name) return undefined;
    this.#requested = undefined;
    return order.harm;
  }
}
