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
import { Journal } from "@isthmus/store";
import { type Fault, type Finding, Findings } from "../judges/findings.ts";
import { JOURNAL_FAULTS, type JournalFault, JournalLedger } from "./journal-ledger.ts";
import { decodeStormRecord } from "./journal-record.ts";
import { killOneByOne, SLOTS, Victim } from "./victim.ts";

const PROGRAM = programCommand(import.meta.dirname, "journal-victim.ts");
/** A round has so many kills at most, and a journal and a ledger of its own. */
const ROUND_KILLS = 500;
const JUDGE = "judge";
/** Each victim has a tailer's name that nobody else has meanwhile: those that work, and those that get ready. */
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

/** What a storm has done, and what was found until it ended or was interrupted. */
export interface JournalStormResult {
  readonly figures: JournalStormFigures;
  readonly findings: readonly Finding[];
}

/** Kills until there were enough kills. */
export async function journalStorm(options: JournalStormOptions): Promise<JournalStormResult> {
  const figures: JournalStormFigures = { kills: 0, records: 0, removed: 0 };
  const findings = new Findings();
  const random = new SeededRandom(options.seed);
  while (figures.kills < options.kills && !options.signal.aborted) {
    const kills = Math.min(ROUND_KILLS, options.kills - figures.kills);
    const path = mkdtempSync(join(options.directory, "journal-"));
    try {
      await runRound(path, { ...options, kills }, random, new Judge(figures, findings));
    } finally {
      rmSync(path, { recursive: true, force: true });
    }
  }
  return { figures, findings: findings.all };
}

/** One journal, and its victims. */
async function runRound(
  path: string,
  { kills, harm, signal, onProgress }: JournalStormOptions,
  random: SeededRandom,
  judge: Judge,
): Promise<void> {
  using ledger = new JournalLedger(true);
  const options = { schema: bytes, sync: "none", segmentBytes: 2 ** 16 } as const;
  using journal = Journal.open(path, options);
  // Who is known from the beginning is owed every record; who comes later begins with those that are kept.
  for (const name of [JUDGE, ...TAILERS]) journal.read({ tailer: name }).close();
  const { figures, findings } = judge;
  const started = await killOneByOne({
    kills,
    random,
    signal,
    findings,
    start: (number, slot, turn) =>
      new Victim(PROGRAM, path, number, 2 * slot + (turn % 2), random.seed(), harm ?? ""),
    onKilled: () => {
      figures.kills++;
      judge.readOn(journal);
      onProgress(figures.kills, figures.records);
    },
  });
  // Whoever opens it next finds what all have found.
  using again = Journal.open(path, options);
  judge.readOn(again);
  judge.judge(ledger, again, started);
}

/** Reads all that is appended to one journal. */
class Judge {
  readonly figures: JournalStormFigures;
  readonly findings: Findings;
  /** How many records of each victim have been read. */
  readonly #seen = new Map<number, number>();
  #next = 1;

  constructor(figures: JournalStormFigures, findings: Findings) {
    this.figures = figures;
    this.findings = findings;
  }

  /** Reads what is new: each record once, whole, and of each victim in its order. */
  readOn(journal: Journal<BytesSchema>): void {
    const { figures, findings } = this;
    for (const entry of journal.read({ tailer: JUDGE })) {
      if (entry.gap !== undefined) {
        const { from, to } = entry.gap;
        findings.report("lost", "records that are a gap", to - from + 1);
        this.#next = to + 1;
        continue;
      }
      const { sequence, value } = entry;
      if (sequence !== this.#next) {
        findings.report("lost", `record ${sequence} came instead of ${this.#next}`);
      }
      this.#next = sequence + 1;
      figures.records++;
      const record = decodeStormRecord(value);
      if (record === undefined) {
        findings.report("torn", `record ${sequence}`);
        continue;
      }
      const { victim, number } = record;
      const seen = this.#seen.get(victim) ?? 0;
      if (number !== seen + 1) {
        const detail = `record ${number} of victim ${victim} came behind ${seen}`;
        findings.report(number <= seen ? "duplicated" : "lost", detail);
      }
      this.#seen.set(victim, number);
    }
  }

  /** Compares it with what the victims have written down, when all of them are dead. */
  judge(ledger: JournalLedger, journal: Journal<BytesSchema>, started: number): void {
    const { figures, findings } = this;
    for (let victim = 1; victim <= started; victim++) {
      const missing = ledger.promised(victim) - (this.#seen.get(victim) ?? 0);
      findings.report("lost", `promised records of victim ${victim}`, missing);
    }
    for (const fault of JOURNAL_FAULTS) findings.report(...MEANINGS[fault], ledger.counted(fault));
    const { firstSequence, lastSequence } = journal.metrics;
    const unread = lastSequence - this.#next + 1;
    findings.report("lost", "records behind the last that was read", unread);
    figures.removed += firstSequence - 1;
    for (const { name, sequence = 0 } of journal.tailers()) {
      const missed = firstSequence - 1 - sequence;
      findings.report("lost", `records that "${name}" has not handled`, missed);
    }
  }
}

const MEANINGS: Readonly<Record<JournalFault, readonly [Fault, string]>> = {
  skipped: ["lost", "records that a tailer was not given"],
  repeated: ["duplicated", "records that a tailer was given again though it had gone on"],
  gap: ["lost", "gaps that a tailer was told of"],
  torn: ["torn", "records that were not whole for a tailer"],
};
