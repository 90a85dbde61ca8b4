/**
 * What a participant has waited for: a processor, for its thread or, while that slept for no reason of the library's, for the
 * engine's other threads, which compile and collect garbage; and others, who then woke it.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { host, platform } from "@isthmus/core/internal";

/** What the kernel's scheduler says of a process at a moment, in milliseconds; see proc_pid_schedstat(5). */
export interface ProcessorSample {
  readonly atMs: number;
  /** How long the thread that asks has run. */
  readonly ranMs: number;
  /** How long it was ready to run, and other threads had all processors. */
  readonly waitedMs: number;
  /** The same of each other thread of the process, by its number. */
  readonly othersMs: ReadonlyMap<string, number>;
  /** How long the library has slept: for others who are in the middle of something, or on a futex. */
  readonly sleptMs: number;
}

/**
 * How long the engine has waited for a processor while its thread slept, between two moments in which that was not in its event
 * loop. All sleep of the library's own is left out first, so that it is never taken for this.
 */
export function engineWaitMs(from: ProcessorSample, to: ProcessorSample): number {
  const grown = (key: "atMs" | "ranMs" | "waitedMs" | "sleptMs"): number => to[key] - from[key];
  const otherSleepMs = grown("atMs") - grown("ranMs") - grown("waitedMs") - grown("sleptMs");
  const waits = Array.from(to.othersMs, ([id, ms]) => ms - (from.othersMs.get(id) ?? 0));
  return Math.max(0, Math.min(otherSleepMs, Math.max(0, ...waits)));
}

/** The waits of this process's main thread, from when this is made. Linux; those for a processor are 0 elsewhere. */
export class ParticipantWaits {
  readonly #from: ProcessorSample;
  #sleptMs = 0;
  #othersMs = 0;
  #engineMs: number | undefined;

  constructor() {
    const { sleep } = host;
    host.sleep = (milliseconds) => void this.#timed(() => sleep(milliseconds));
    const { futexes } = platform();
    if (futexes !== undefined) {
      const { futexWait } = futexes;
      let last = { address: -1, expected: 0, ms: 0 };
      futexes.futexWait = (address, expected, timeoutMs) => {
        // It has looked, and sleeps on, and nobody has woken it meanwhile: what it waits for was not true yet.
        if (last.address === address && last.expected === expected) this.#othersMs += last.ms;
        const { result, ms } = this.#timed(() => futexWait(address, expected, timeoutMs));
        // Without a wake, it may have been true for long: that is the library's own time.
        if (result === "woken") this.#othersMs += ms;
        last = { address: result === "timeout" ? address : -1, expected, ms };
        return result;
      };
    }
    this.#from = this.sample();
  }

  /** For how long, in milliseconds, others let it sleep until they woke it: who has a lock, most of all. */
  get othersMs(): number {
    return this.#othersMs;
  }

  /** How long it has waited for a processor, in milliseconds. */
  get processorMs(): number {
    return schedulerTimes("thread-self").waitedMs + (this.#engineMs ?? 0);
  }

  /** Call it, once, before this thread is in its event loop, where it sleeps until something happens. */
  endOpening(): void {
    this.#engineMs ??= engineWaitMs(this.#from, this.sample());
  }

  /** What the scheduler says now. */
  sample(): ProcessorSample {
    const othersMs = new Map(
      threads().flatMap((id) => {
        return id === `${process.pid}` ? [] : [[id, schedulerTimes(`self/task/${id}`).waitedMs]];
      }),
    );
    return { ...momentOfThread(), othersMs, sleptMs: this.#sleptMs };
  }

  /** Sleeps. What the thread has waited for a processor then is no sleep. */
  #timed<T>(sleep: () => T): { readonly result: T; readonly ms: number } {
    const nowMs = (): number => {
      const { atMs, waitedMs } = momentOfThread();
      return atMs - waitedMs;
    };
    const fromMs = nowMs();
    const result = sleep();
    const ms = nowMs() - fromMs;
    this.#sleptMs += ms;
    return { result, ms };
  }
}

function threads(): string[] {
  return process.platform === "linux" ? readdirSync("/proc/self/task") : [];
}

/** What the scheduler says of this thread, and when: it has not lost its processor between the one and the other. */
function momentOfThread(): Pick<ProcessorSample, "atMs" | "ranMs" | "waitedMs"> {
  for (;;) {
    const times = schedulerTimes("thread-self");
    const atMs = performance.now();
    if (schedulerTimes("thread-self").waitedMs === times.waitedMs) return { atMs, ...times };
  }
}

function schedulerTimes(thread: string): { readonly ranMs: number; readonly waitedMs: number } {
  try {
    const text = readFileSync(`/proc/${thread}/schedstat`, "latin1");
    const [ranNs = 0, waitedNs = 0] = text.split(" ").map(Number);
    return { ranMs: ranNs / 1e6, waitedMs: waitedNs / 1e6 };
  } catch {
    // The thread has ended, or the kernel has no statistics of its scheduler.
    return { ranMs: 0, waitedMs: 0 };
  }
}
