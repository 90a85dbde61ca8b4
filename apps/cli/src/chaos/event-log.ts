/**
 * What a participant has written down, read after its end.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { EVENT, EVENT_AT, EVENT_BYTES, type EventCode } from "./event.ts";
import { streamText } from "./stream-number.ts";

const NAMES = new Map<number, string>(Object.entries(EVENT).map(([name, code]) => [code, name]));

/** The events of one participant in their order. An event that was not written to its end is left out. */
export class EventLog {
  /** How many there are. */
  readonly length: number;
  readonly #view: DataView;

  /** @param path The file; none at all is read as one without events. */
  constructor(path: string) {
    const bytes = readIfThere(path);
    this.length = Math.floor(bytes.length / EVENT_BYTES);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, this.length * EVENT_BYTES);
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

  /** When it happened, in milliseconds since 1970. */
  atMs(index: number): number {
    return this.#view.getFloat64(index * EVENT_BYTES + EVENT_AT.at, true);
  }

  /** The last events as lines of text. */
  tail(count: number): string[] {
    const lines: string[] = [];
    for (let index = Math.max(0, this.length - count); index < this.length; index++) {
      const name = NAMES.get(this.code(index)) ?? `code ${this.code(index)}`;
      const time = new Date(this.atMs(index)).toISOString().slice(11, 23);
      const what = `stream ${streamText(this.stream(index))}, ${this.value(index)}`;
      lines.push(`${time} #${this.ticket(index)} ${name} (${what})`);
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
