/**
 * How a participant writes down what happens.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { EVENT_AT, EVENT_BYTES, type EventCode } from "./event.ts";

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
  write(code: EventCode, stream: number, value: number): void {
    const view = this.#view;
    view.setUint32(EVENT_AT.code, code, true);
    view.setUint32(EVENT_AT.stream, stream, true);
    view.setFloat64(EVENT_AT.value, value, true);
    view.setUint32(EVENT_AT.ticket, this.#ticket(), true);
    view.setFloat64(EVENT_AT.at, performance.timeOrigin + performance.now(), true);
    writeSync(this.#fd, this.#bytes);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
