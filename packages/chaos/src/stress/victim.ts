/**
 * Those who are killed in a storm: programs that get warm, say so, and work from when they are told to until they are killed.
 *
 * @module
 */
import type { SeededRandom } from "@isthmus/programs/seeded-random";
import { startProcess } from "@isthmus/programs/start-process";
import type { Findings } from "../judges/findings.ts";

/** How many work at a time; as many more get ready. */
export const SLOTS = 3;
const LIFE_MS_MAX = 14;
/** How much of a process's standard error is told. */
const COMPLAINT_CHARACTERS = 600;

type Process = ReturnType<typeof start>;

function start(command: readonly string[]) {
  return startProcess(command, {
    // Where its names are was set after this process had been started.
    env: { ...process.env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** One of them. */
export class Victim {
  readonly #process: Process;

  /**
   * Starts it.
   *
   * @param program The program.
   * @param args Its arguments.
   */
  constructor(program: readonly string[], ...args: readonly (string | number)[]) {
    this.#process = start([...program, ...args.map(String)]);
  }

  /** Whether it has ended, by itself unless it was killed. */
  get hasEnded(): boolean {
    const { exitCode, signalCode } = this.#process;
    return exitCode !== null || signalCode !== null;
  }

  /** Waits until it says that it is warm; returns false when it has ended instead. */
  async isReady(): Promise<boolean> {
    const { value } = await this.#process.stdout.getReader().read();
    return value !== undefined;
  }

  /** Tells it to work. */
  work(): void {
    this.#process.stdin.write("\n");
    this.#process.stdin.flush();
  }

  /** Stops it, or has it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#process.kill(name);
  }

  /** Kills it: no code of its own runs any more. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  /** How it has ended, and what it wrote to standard error. */
  async complaint(): Promise<string> {
    const { exitCode, signalCode, stderr } = this.#process;
    const text = (await new Response(stderr).text()).trim();
    return `ended by itself, ${exitCode ?? signalCode}: ${text.slice(0, COMPLAINT_CHARACTERS)}`;
  }
}

/** How victims are killed. */
export interface Killing {
  /** How many kills are enough. */
  readonly kills: number;
  /** Starts a victim: its number, from 1 on, which of `SLOTS` it takes, and how many have had that before it. */
  readonly start: (number: number, slot: number, turn: number) => Victim;
  /** What befalls a victim that has worked for a moment, before it is killed. */
  readonly strike?: (victim: Victim, number: number) => Promise<void>;
  readonly onKilled: (number: number) => void;
  /** Told of those that end by themselves. */
  readonly findings: Findings;
  readonly random: SeededRandom;
  /** Ends it sooner. */
  readonly signal: AbortSignal;
}

/**
 * Has one victim after the other work in each slot, and kills it at a random moment. The next one gets warm meanwhile: between two
 * kills there is nothing but work.
 *
 * @returns How many were started. None of them lives any more.
 * @throws {Error} When one ends before it is warm.
 */
export async function killOneByOne(killing: Killing): Promise<number> {
  const { strike, onKilled, findings, random, signal } = killing;
  const victims = new Set<Victim>();
  let started = 0;
  let kills = 0;
  const startIn = (slot: number, turn: number): { victim: Victim; number: number } => {
    const number = ++started;
    const victim = killing.start(number, slot, turn);
    victims.add(victim);
    return { victim, number };
  };
  const killAll = async (slot: number): Promise<void> => {
    let next = startIn(slot, 0);
    for (let turn = 1; kills < killing.kills && !signal.aborted; turn++) {
      const { victim, number } = next;
      const isReady = await victim.isReady();
      if (signal.aborted) return;
      if (!isReady) throw new Error(`A victim ${await victim.complaint()}`);
      next = startIn(slot, turn);
      victim.work();
      await Bun.sleep(random.below(LIFE_MS_MAX));
      await strike?.(victim, number);
      const hasEnded = victim.hasEnded && !signal.aborted;
      if (hasEnded) findings.report("stuck", `a victim ${await victim.complaint()}`);
      await victim.kill();
      victims.delete(victim);
      kills++;
      onKilled(number);
    }
  };
  try {
    await Promise.all(Array.from({ length: SLOTS }, (_, slot) => killAll(slot)));
  } finally {
    await Promise.all(Array.from(victims, (victim) => victim.kill()));
  }
  return started;
}
