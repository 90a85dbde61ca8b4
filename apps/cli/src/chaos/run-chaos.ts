/**
 * A whole run: the place, the participants, the driver, and the judgement.
 *
 * @module
 */
import type { Actor } from "./actor.ts";
import type { SabotageOrder } from "./casting.ts";
import { ChaosRun } from "./chaos-run.ts";
import type { FaultCounts } from "./fault-choices.ts";
import { FAULTS, type Fault, type Finding } from "./finding.ts";
import { ChaosPlace } from "./place.ts";
import { percentile, recoveryTimes } from "./recovery.ts";
import type { Stage } from "./stage.ts";
import { STAGES } from "./stages.ts";
import { sweepNames } from "./sweep.ts";

/** How a run is made. */
export interface ChaosOptions {
  /** Decides everything but the time that things take. */
  readonly seed: number;
  /** How long to do harm, in milliseconds. */
  readonly durationMs: number;
  /** Ends it sooner, when enough has happened; asked often. */
  readonly isEnough?: ((evidencePath: string) => boolean) | undefined;
  /** How long a participant may make no progress, in milliseconds. */
  readonly patienceMs: number;
  /** The stages to set up; all by default. */
  readonly stages?: readonly Stage[] | undefined;
  /** Harm that a participant does on purpose. */
  readonly sabotage?: SabotageOrder | undefined;
  /** Whether evidence of something that went wrong stays. */
  readonly isKept: boolean;
  /** Ends the run at once. */
  readonly signal: AbortSignal;
  /** Told why shared memory is not filled, when it cannot be. */
  readonly onSkip: (reason: string) => void;
  /** Called now and then. */
  readonly onProgress: (counts: FaultCounts, livingCount: number) => void;
}

/** A finding, with what its participant wrote down last. */
export interface Charge extends Finding {
  /** The participant: `orders/producer 7`. */
  readonly label?: string | undefined;
  readonly tail: readonly string[];
}

/** What came of a run. */
export interface Verdict {
  readonly seed: number;
  readonly counts: FaultCounts;
  /** How much of each fault was found. */
  readonly faults: Readonly<Record<Fault, number>>;
  readonly charges: readonly Charge[];
  /** From a kill to the successor's first result, in milliseconds, ascending. */
  readonly recoveriesMs: readonly number[];
  /** The time below which 99 of 100 recoveries were; undefined when there were none. */
  readonly recoveryP99Ms: number | undefined;
  /** How many processes took part, and how many events they wrote down. */
  readonly participantCount: number;
  readonly eventCount: number;
  /** Where the evidence is, when it was kept. */
  readonly evidencePath: string | undefined;
}

/** As many events of a log as are told with a finding. */
const TAIL_EVENTS = 8;

/**
 * Runs the chaos and judges it.
 *
 * @param options How.
 * @returns The verdict. When it returns or throws, no process and no file is left but evidence that was to be kept.
 * @throws {InterruptedError} The signal's reason.
 */
export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const { seed, durationMs, patienceMs, stages = STAGES, sabotage, signal, onProgress } = options;
  using place = new ChaosPlace();
  if (place.whyNotFilled !== undefined) options.onSkip(place.whyNotFilled);
  await using run = new ChaosRun({
    place,
    stages,
    seed,
    durationMs,
    isEnough: () => options.isEnough?.(place.evidencePath) === true,
    patienceMs,
    sabotage,
    signal,
    onProgress,
  });
  await run.run();
  const findings = [
    ...run.findings,
    ...(await failures(run.actors)),
    ...stages.flatMap((stage) => {
      const ofStage = run.actors.filter((actor) => actor.stage === stage);
      return stage.judge(ofStage, place.evidencePath);
    }),
    ...sweepNames(place),
  ];
  if (options.isKept && findings.length > 0) place.keepEvidence();
  const recoveriesMs = recoveryTimes(run.successions);
  return {
    seed,
    counts: run.counts,
    faults: countFaults(findings),
    charges: findings.map((finding) => charge(finding, run.actors)),
    recoveriesMs,
    recoveryP99Ms: percentile(recoveriesMs, 0.99),
    participantCount: run.actors.length,
    eventCount: run.actors.reduce((sum, actor) => sum + actor.events().length, 0),
    evidencePath: options.isKept && findings.length > 0 ? place.evidencePath : undefined,
  };
}

/** Participants that ended by themselves: whatever stopped them, they should have gone on. */
async function failures(actors: readonly Actor[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const actor of actors) {
    const isExcused = actor.end === "noRoom" && actor.isHindered;
    if (actor.end === "ended" || actor.end === "killed" || isExcused) continue;
    const detail = `${actor.label} ended by itself: ${await actor.complaint()}`;
    findings.push({ fault: "stuck", count: 1, participant: actor.id, detail });
  }
  return findings;
}

function countFaults(findings: readonly Finding[]): Record<Fault, number> {
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  for (const { fault, count } of findings) faults[fault] += count;
  return faults;
}

function charge(finding: Finding, actors: readonly Actor[]): Charge {
  const actor = finding.participant === undefined ? undefined : actors[finding.participant];
  return { ...finding, label: actor?.label, tail: actor?.events().tail(TAIL_EVENTS) ?? [] };
}
