/**
 * Very many kills of those who work on a journal, each at a random moment of work without a pause. Whoever leads the storm reads
 * everything under a name of its own, so that nothing is removed that has not been looked at.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type BytesSchema, bytes } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { startProcess } from "@isthmus/programs/start-process";
import { Journal } from "@isthmus/store";
import type { Finding } from "../judges/findings.ts";
import { JOURNAL_FAULTS, type JournalFault, JournalLedger } from "./journal-ledger.ts";
import { decodeStormRecord } from "./journal-record.ts";

const VICTIM = programCommand(import.meta.dir, "journal-victim.ts");
/** A round has so many kills at most, and a journal and a ledger of its own. */
const ROUND_KILLS = 500;
/** How many work at a time; as many more get ready, each under the name of a tailer that nobody else has. */
const SLOTS = 3;
const LIFE_MS_MAX = 14;
const JUDGE = "judge";
const TAILERS = Array.from({ length: 2 * SLOTS }, (_, tailer) => `t${tailer}`);

/** What a storm over a journal is to do. */
export interface JournalStormOptions {
  readonly seed: number;
  /** How many kills are enough. */
  readonly kills: number;
  readonly directory: string;
  /** What the victims do on purpose, to see that it is found. */
  readonly harm?: "promise" | "tear" | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (kills: number, records: number) => void;
}

/** What it has done. */
export interface JournalStormFigures {
  kills: number;
  /** Records that were read by the judge, and segments that are gone again. */
  records: number;
  removed: number;
}

/** Kills until there were enough kills; returns what has happened, and what must not have. */
export async function journalStorm(options: JournalStormOptions): Promise<{
  readonly figures: JournalStormFigures;
  readonly findings: readonly Finding[];
}> {
  const figures: JournalStormFigures = { kills: 0, records: 0, removed: 0 };
  const findings: Finding[] = [];
  const random = new SeededRandom(options.seed);
  while (figures.kills < options.kills) {
    const kills = Math.min(ROUND_KILLS, options.kills - figures.kills);
    const path = mkdtempSync(join(options.directory, "journal-"));
    try {
      const round = new Round(path, { ...options, kills }, figures, random);
      findings.push(...(await round.run()));
    } finally {
      rmSync(path, { recursive: true, force: true });
    }
  }
  return { figures, findings };
}

type Process = ReturnType<typeof start>;

function start(...args: readonly (string | number)[]) {
  return startProcess([...VICTIM, ...args.map(String)], {
    env: { ...process.env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** One journal, and its victims. */
class Round {
  readonly #path: string;
  readonly #options: JournalStormOptions;
  readonly #figures: JournalStormFigures;
  readonly #random: SeededRandom;
  readonly #findings: Finding[] = [];
  readonly #processes = new Set<Process>();
  /** How many records of each victim have been read. */
  readonly #seen = new Map<number, number>();
  #next = 1;
  #started = 0;
  #kills = 0;

  constructor(
    path: string,
    options: JournalStormOptions,
    figures: JournalStormFigures,
    random: SeededRandom,
  ) {
    this.#path = path;
    this.#options = options;
    this.#figures = figures;
    this.#random = random;
  }

  async run(): Promise<Finding[]> {
    using ledger = new JournalLedger(true);
    const options = { schema: bytes, sync: "none", segmentBytes: 2 ** 16 } as const;
    using journal = Journal.open(this.#path, options);
    // Who is known from the beginning is owed every record; who comes later begins with those that are kept.
    for (const name of [JUDGE, ...TAILERS]) journal.read({ tailer: name }).close();
    try {
      await Promise.all(Array.from({ length: SLOTS }, (_, i) => this.#killAll(i, journal)));
      this.#options.signal.throwIfAborted();
    } finally {
      for (const one of this.#processes) one.kill("SIGKILL");
      await Promise.all([...this.#processes].map((one) => one.exited));
    }
    // Whoever opens it next finds what all have found.
    using again = Journal.open(this.#path, options);
    this.#readOn(again);
    this.#judge(ledger, again);
    return this.#findings;
  }

  /** Has one victim after the other work, and kills it. */
  async #killAll(slot: number, journal: Journal<BytesSchema>): Promise<void> {
    const { kills, signal, onProgress } = this.#options;
    let next = this.#start(slot, 0);
    for (let turn = 1; this.#kills < kills && !signal.aborted; turn++) {
      const process = next;
      const { value } = await process.stdout.getReader().read();
      if (value === undefined) throw new Error(await complaint(process));
      next = this.#start(slot, turn);
      process.stdin.write("\n");
      process.stdin.flush();
      await Bun.sleep(this.#random.below(LIFE_MS_MAX));
      if (process.exitCode !== null) this.#report("stuck", 1, await complaint(process));
      process.kill("SIGKILL");
      await process.exited;
      this.#processes.delete(process);
      this.#kills++;
      this.#figures.kills++;
      this.#readOn(journal);
      onProgress(this.#figures.kills, this.#figures.records);
    }
  }

  #start(slot: number, turn: number): Process {
    const { harm } = this.#options;
    const tailer = 2 * slot + (turn % 2);
    const args = [this.#path, ++this.#started, tailer, this.#random.seed()];
    const process = start(...args, ...(harm === undefined ? [] : [harm]));
    this.#processes.add(process);
    return process;
  }

  /** Reads what is new: each record once, whole, and of each victim in its order. */
  #readOn(journal: Journal<BytesSchema>): void {
    for (const entry of journal.read({ tailer: JUDGE })) {
      if (entry.gap !== undefined) {
        this.#report("lost", entry.gap.to - entry.gap.from + 1, "records that are a gap");
        this.#next = entry.gap.to + 1;
        continue;
      }
      if (entry.sequence !== this.#next) {
        this.#report("lost", 1, `record ${entry.sequence} came instead of ${this.#next}`);
      }
      this.#next = entry.sequence + 1;
      this.#figures.records++;
      const record = decodeStormRecord(entry.value);
      if (record === undefined) {
        this.#report("torn", 1, `record ${entry.sequence}`);
        continue;
      }
      const seen = this.#seen.get(record.victim) ?? 0;
      if (record.number !== seen + 1) {
        const fault = record.number <= seen ? "duplicated" : "lost";
        const detail = `record ${record.number} of victim ${record.victim} came behind ${seen}`;
        this.#report(fault, 1, detail);
      }
      this.#seen.set(record.victim, record.number);
    }
  }

  #judge(ledger: JournalLedger, journal: Journal<BytesSchema>): void {
    for (let victim = 1; victim <= this.#started; victim++) {
      const missing = ledger.promised(victim) - (this.#seen.get(victim) ?? 0);
      this.#report("lost", Math.max(0, missing), `promised records of victim ${victim}`);
    }
    for (const fault of JOURNAL_FAULTS) {
      const [kind, what] = MEANINGS[fault];
      this.#report(kind, ledger.counted(fault), what);
    }
    const { firstSequence, lastSequence } = journal.metrics;
    this.#report("lost", lastSequence - this.#next + 1, "records behind the last that was read");
    this.#figures.removed += firstSequence - 1;
    for (const { name, sequence = 0 } of journal.tailers()) {
      if (sequence < firstSequence - 1) {
        this.#report(
          "lost",
          firstSequence - 1 - sequence,
          `records that "${name}" has not handled`,
        );
      }
    }
  }

  #report(fault: Finding["fault"], count: number, detail: string): void {
    if (count > 0) this.#findings.push({ fault, count, detail });
  }
}

const MEANINGS: Readonly<Record<JournalFault, readonly [Finding["fault"], string]>> = {
  skipped: ["lost", "records that a tailer was not given"],
  repeated: ["duplicated", "records that a tailer was given again though it had gone on"],
  gap: ["lost", "gaps that a tailer was told of"],
  torn: ["torn", "records that were not whole for a tailer"],
};

async function complaint(process: Process): Promise<string> {
  const text = await new Response(process.stderr).text();
  return `a victim ended by itself, ${process.exitCode}: ${text.trim().slice(0, 600)}`;
}
