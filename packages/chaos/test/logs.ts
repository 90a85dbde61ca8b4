import { join } from "node:path";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { EVENT, EventLog, EventWriter, type Evidence } from "../src/evidence.ts";
import type { Finding } from "../src/judges/findings.ts";

/** What a participant writes down: what happened, the number that goes with it, whose record it was, a second number. */
export type Line = readonly [
  code: keyof typeof EVENT,
  value?: number,
  stream?: number,
  more?: number,
];

/** Writes logs of participants who take turns as a test wants them to. */
export class Logs implements Disposable {
  readonly evidence: Evidence[] = [];
  readonly #directory = new TemporaryDirectory();
  readonly #writers: EventWriter[] = [];
  #ticket = 0;

  /** Adds a participant; returns its number. */
  add(role: string): number {
    const id = this.evidence.length;
    const path = join(this.#directory.path, `${id}.log`);
    this.#writers.push(new EventWriter(path, () => this.#ticket++));
    const events = (): EventLog => new EventLog(path);
    this.evidence.push({ id, role, epoch: 0, isKilled: false, events });
    return id;
  }

  /** Has a participant write down what follows. */
  write(id: number, ...lines: readonly Line[]): void {
    for (const [code, value = 0, stream = 0, more = 0] of lines) {
      this.#writers[id]?.write(EVENT[code], stream, value, more);
    }
  }

  /** Has the nemesis kill a participant. */
  kill(id: number): void {
    const killed = this.evidence[id];
    if (killed === undefined) throw new RangeError(`nobody is ${id}`);
    this.evidence[id] = { ...killed, isKilled: true, killTicket: this.#ticket++ };
  }

  [Symbol.dispose](): void {
    for (const writer of this.#writers) writer[Symbol.dispose]();
    this.#directory[Symbol.dispose]();
  }
}

/** How much of each fault there is among findings. */
export function countsOf(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { fault, count } of findings) counts[fault] = (counts[fault] ?? 0) + count;
  return counts;
}
