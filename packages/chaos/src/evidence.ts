/**
 * The evidence: the log that each participant writes. Events have one size, so that a killed process leaves whole ones.
 *
 * ```text
 *   0 ┌ code      u32   what happened
 *   4 │ stream    u32   whose record it was: the number of its stream
 *   8 │ value     f64   a number of the record, a version, a count; as the code says
 *  16 │ ticket    u32   its place among the events of all processes
 *  20 │ more      u32   a second number, where the code has one
 *  24 └ at        f64   milliseconds since 1970
 * ```
 *
 * @module
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/** Now, on the clock of all events: milliseconds since 1970. */
export function clockMs(): number {
  return performance.timeOrigin + performance.now();
}

/** A moment on that clock, to the millisecond. */
export function clockText(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23);
}

/** Length of an event in bytes. */
export const EVENT_BYTES = 32;

/** Where the fields of an event are, in bytes from its beginning. */
const EVENT_AT = { code: 0, stream: 4, value: 8, ticket: 16, more: 20, at: 24 } as const;

/** What can happen to a participant. */
export const EVENT = {
  /** It has opened what it works on. */
  ready: 1,
  /** It has closed what it works on, because it wanted or was told to. */
  left: 2,
  /** There was nothing for it to do. */
  idle: 3,
  /** It is about to send its records below this number, from the last acknowledged one on. */
  intended: 4,
  /** All its records below this number have been published. */
  acknowledged: 5,
  /** It is about to poll; what it is handed is released when the poll is over. */
  polling: 6,
  /** The poll is over, and what was handed out has been released. */
  polled: 7,
  /** It is about to receive one record, which is released before it is returned. */
  receiving: 8,
  /** It is about to follow the records in a loop, which releases the last ones at its end. */
  following: 9,
  /** It was given this record, and it was whole. */
  delivered: 10,
  /** It was given something that was not whole. */
  torn: 11,
  /** It was told that so many records have been lost so far. */
  overrun: 12,
  /** It has published this value or version. */
  changed: 13,
  /** It has read this version. */
  seen: 14,
  /** It found another owner where only one may be. */
  overlapped: 15,
  /** It was told that the owner before it has died. */
  abandoned: 16,
  /** It has taken a permit, or this job; more: how often the job has been taken. */
  taken: 17,
  /** It is about to give a permit back, or this job; more: 1 when it has done the job, and never wants to see it again. */
  giving: 18,
  /** It has found this value, version, number of permits or of jobs after all others had ended. */
  audited: 19,
  /** It makes this request. */
  asked: 20,
  /** The request was answered rightly. */
  answered: 21,
  /** The request was refused because its responder had ended. */
  refused: 22,
  /** There was no room in shared memory. */
  noRoom: 23,
  /** So many descriptors and mappings were left after everything was closed. */
  leaked: 24,
  /** It does the requested harm. */
  harmed: 25,
  /** So many records before the next one were left out. */
  missed: 26,
  /** It was given a record again that it may not be given again. */
  repeated: 27,
  /**
   * Its process is up, and about to open what it works on; so long has it waited for a processor, in milliseconds; more: for
   * others who then woke it, in microseconds.
   */
  started: 28,
  /** It has done the first piece of its work since it opened what it works on; waits as for `started`. */
  tookOver: 29,
  /** It was told that this job is done, or dropped: it is gone. */
  done: 30,
  /** It was told that this job was not its own any more. */
  disowned: 31,
  /** It has found this job among the dead letters; more: how often it had been taken. */
  buried: 32,
  /** It is about to have this dead letter tried anew. */
  retrying: 33,
  /** So often a death was met in the middle of a change; more: so many jobs came back because their worker had died. */
  recovered: 34,
} as const;

/** One of {@link EVENT}. */
export type EventCode = (typeof EVENT)[keyof typeof EVENT];

if (EVENT_AT.at + 8 !== EVENT_BYTES) throw new Error("event: its fields must fill it");

/**
 * Appends events to a file, one system call each: what has been written is the kernel's, and stays when the process is
 * killed in the next moment.
 */
export class EventWriter implements Disposable {
  readonly #fd: number;
  readonly #bytes = new Uint8Array(EVENT_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #ticket: () => number;

  /**
   * @param path The file, which must not exist.
   * @param ticket Tells an event's place among those of all processes.
   */
  constructor(path: string, ticket: () => number) {
    this.#fd = openSync(path, "ax", 0o600);
    this.#ticket = ticket;
  }

  /** Writes an event. */
  write(code: EventCode, stream: number, value: number, more = 0): void {
    const view = this.#view;
    view.setUint32(EVENT_AT.code, code, true);
    view.setUint32(EVENT_AT.stream, stream, true);
    view.setFloat64(EVENT_AT.value, value, true);
    view.setUint32(EVENT_AT.ticket, this.#ticket(), true);
    view.setUint32(EVENT_AT.more, more, true);
    view.setFloat64(EVENT_AT.at, clockMs(), true);
    writeSync(this.#fd, this.#bytes);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

const NAMES = new Map<number, string>(Object.entries(EVENT).map(([name, code]) => [code, name]));

/** The events of one participant in order. One that was not written to its end is left out. */
export class EventLog {
  /** How many there are. */
  readonly length: number;
  readonly #view: DataView;

  /** @param path The file; where there is none, there are no events. */
  constructor(path: string) {
    const bytes = readIfThere(path);
    this.length = Math.floor(bytes.length / EVENT_BYTES);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, this.length * EVENT_BYTES);
  }

  /** Where the events of a kind are, in order. */
  *indexesOf(code: EventCode): Generator<number, undefined> {
    for (let index = 0; index < this.length; index++) if (this.code(index) === code) yield index;
  }

  /** The first event of a kind; -1 when there is none. */
  indexOf(code: EventCode): number {
    return this.indexesOf(code).next().value ?? -1;
  }

  /** What happened. */
  code(index: number): EventCode {
    return this.#view.getUint32(index * EVENT_BYTES + EVENT_AT.code, true) as EventCode;
  }

  /** Whose record it was. */
  stream(index: number): number {
    return this.#view.getUint32(index * EVENT_BYTES + EVENT_AT.stream, true);
  }

  /** The number that goes with it. */
  value(index: number): number {
    return this.#view.getFloat64(index * EVENT_BYTES + EVENT_AT.value, true);
  }

  /** Its place among the events of all processes. */
  ticket(index: number): number {
    return this.#view.getUint32(index * EVENT_BYTES + EVENT_AT.ticket, true);
  }

  /** The second number that goes with it. */
  more(index: number): number {
    return this.#view.getUint32(index * EVENT_BYTES + EVENT_AT.more, true);
  }

  /** When it happened, in milliseconds since 1970. */
  atMs(index: number): number {
    return this.#view.getFloat64(index * EVENT_BYTES + EVENT_AT.at, true);
  }

  /** The last events as lines of text. */
  tail(count: number): string[] {
    const lines: string[] = [];
    for (let index = Math.max(0, this.length - count); index < this.length; index++) {
      const name = NAMES.get(this.code(index)) ?? `code ${this.code(index)}`;
      const what = `stream ${streamText(this.stream(index))}, ${this.value(index)}`;
      lines.push(`${clockText(this.atMs(index))} #${this.ticket(index)} ${name} (${what})`);
    }
    return lines;
  }
}

function readIfThere(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Uint8Array();
    throw error;
  }
}

/** A participant and what it wrote down. */
export interface Evidence {
  /** Its number. */
  readonly id: number;
  readonly role: string;
  /** The epoch in which it worked. */
  readonly epoch: number;
  /** Whether it was killed. */
  readonly isKilled: boolean;
  /** The ticket that was drawn before it was killed. */
  readonly killTicket?: number | undefined;
  /** Reads what it wrote down. */
  readonly events: () => EventLog;
}

/** No participant comes back more often in a run. */
const JOININGS_MAX = 1 << 14;

/**
 * Numbers a stream: all that one participant sends between joining and leaving once. A participant that leaves and comes
 * back is another sender: there is no order between its records and those before.
 *
 * @param participant The number of the participant, below 2^18.
 * @param joining How often it has joined before.
 * @returns A number below 2^32.
 */
export function streamNumber(participant: number, joining: number): number {
  return participant * JOININGS_MAX + (joining % JOININGS_MAX);
}

/** A stream's number as it is told: participant and joining. */
export function streamText(stream: number): string {
  return `${Math.floor(stream / JOININGS_MAX)}.${stream % JOININGS_MAX}`;
}
