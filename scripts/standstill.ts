/**
 * How long this machine has stood still: it was stopped by whoever runs it, its CPUs were given to others, or everything on it waited
 * for its disk or for memory. What a test waited for in such a time says nothing of what it tests.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** How far apart looks are. */
const LOOK_MS = 1000;
/** Of the time between two looks; a machine that is only busy stays far below. */
const SHARE = 0.75;
/** The kernel counts the time of a CPU in these. */
const TICKS_PER_MS = 0.1;
const PROCESSOR = "/proc/stat";
const PRESSURES = ["/proc/pressure/io", "/proc/pressure/memory"];

/** Knows of standstills. */
export interface Standstills extends Disposable {
  /** For how long there were any until now, in milliseconds. */
  readonly stoodMs: number;
}

/** Looks all the time at whether the machine stands still. */
export class StandstillWatch implements Standstills {
  readonly #timer: ReturnType<typeof setInterval>;
  #atMs = performance.now();
  #losses = readLosses();
  #stoodMs = 0;

  /** @param lookMs How far apart looks are, in milliseconds. */
  constructor(lookMs: number = LOOK_MS) {
    this.#timer = setInterval(() => this.#look(lookMs), lookMs);
  }

  get stoodMs(): number {
    return this.#stoodMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(lookMs: number): void {
    const [atMs, losses] = [performance.now(), readLosses()];
    const elapsedMs = atMs - this.#atMs;
    const lost = losses.map((ms, cause) => ms - (this.#losses[cause] ?? 0));
    this.#stoodMs += stoodOf(elapsedMs, [elapsedMs - lookMs, ...lost]);
    [this.#atMs, this.#losses] = [atMs, losses];
  }
}

/**
 * For how long the machine stood still between two looks, in milliseconds; 0 when it was only busy.
 *
 * @param elapsedMs The time between them.
 * @param losses What was lost of it by each cause.
 */
export function stoodOf(elapsedMs: number, losses: readonly number[]): number {
  const mostMs = Math.min(elapsedMs, Math.max(...losses));
  return mostMs >= SHARE * elapsedMs ? mostMs : 0;
}

/** For how long nothing could run until now, in milliseconds, by each cause that the kernel tells of; a late look is one more. */
function readLosses(): readonly number[] {
  const stolen = /^cpu(?: +\d+){7} +(\d+)/.exec(textOf(PROCESSOR))?.[1] ?? "0";
  const waited = PRESSURES.map((path) => /^full .*total=(\d+)/m.exec(textOf(path))?.[1] ?? "0");
  return [Number(stolen) / TICKS_PER_MS / cpus().length, ...waited.map((us) => Number(us) / 1000)];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
