/**
 * A whole run: the place, the participants, the nemesis and the judges.
 *
 * @module
 */

import { MemoryMappedFile } from "@isthmus/core";
import { collectSegments, listSegments } from "@isthmus/ipc";
import { OtherNames } from "@isthmus/programs/name-root";
import { EVENT, type EventLog } from "./evidence.ts";
import { FAULTS, type Fault, type Finding, Findings } from "./judges/findings.ts";
import { type InjectionCounts, Nemesis } from "./nemesis.ts";
import { ChaosPlace } from "./place.ts";
import { measureRecoveries, type Recovery } from "./recovery.ts";
import type { Interval, NemesisOrder, ParticipantProcess } from "./roster.ts";
import type { Scenario } from "./scenario.ts";
import type { ScenarioName } from "./scenarios/names.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";

/** What a run is to do. */
export interface ChaosOptions {
  /** Decides everything but the time that things take. */
  readonly seed: number;
  /** How long to do harm, in milliseconds. */
  readonly durationMs: number;
  /** Ends it sooner, when enough has happened; asked often. */
  readonly isEnough?: ((evidencePath: string) => boolean) | undefined;
  /** How long a participant may make no progress, in milliseconds. */
  readonly patienceMs: number;
  /** The scenarios to set up, or the names of some. */
  readonly scenarios: readonly (ScenarioName | Scenario)[];
  /** Harm that one participant is to do, to test the judges. */
  readonly order?: NemesisOrder | undefined;
  /** Whether evidence of something that went wrong stays. */
  readonly isKept: boolean;
  /** Ends the run at once. */
  readonly signal: AbortSignal;
  /** Told why shared memory is not filled, when it cannot be. */
  readonly onSkip: (reason: string) => void;
  /** Called at every look at the participants. */
  readonly onProgress: (counts: InjectionCounts, livingCount: number) => void;
}

/** A finding, with the last events of its participant. */
export interface LabelledFinding extends Finding {
  /** The participant: `orders/producer 7`. */
  readonly label?: string | undefined;
  readonly tail: readonly string[];
}

/** What came of a run. */
export interface Verdict {
  readonly seed: number;
  readonly counts: InjectionCounts;
  /** How much of each fault was found. */
  readonly faults: Readonly<Record<Fault, number>>;
  readonly findings: readonly LabelledFinding[];
  /** How long the successors of killed participants took to take over. */
  readonly recoveries: readonly Recovery[];
  /** How many processes took part, and how many events they wrote down. */
  readonly participantCount: number;
  readonly eventCount: number;
  /** Where the evidence is, when it was kept. */
  readonly evidencePath: string | undefined;
}

/** How many events are told with a finding. */
const TAIL_EVENTS = 8;

/**
 * Runs the chaos and judges it.
 *
 * @param options How.
 * @returns The verdict. When it returns or throws, no process and no file is left but evidence that was to be kept.
 * @throws The signal's reason.
 */
export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const { seed, durationMs, patienceMs, order, signal, onProgress } = options;
  const scenarios = options.scenarios.map((one) =>
    typeof one === "string" ? SCENARIOS[one] : one,
  );
  using place = new ChaosPlace();
  if (place.whyNotFilled !== undefined) options.onSkip(place.whyNotFilled);
  await using nemesis = new Nemesis({
    place,
    scenarios,
    seed,
    durationMs,
    isEnough: () => options.isEnough?.(place.evidencePath) === true,
    patienceMs,
    order,
    signal,
    onProgress,
  });
  await nemesis.run();
  const findings = [
    ...nemesis.findings.all,
    ...(await failures(nemesis.participants, nemesis.fills)),
    ...scenarios.flatMap((scenario) => {
      const ofScenario = nemesis.participants.filter(
        (participant) => participant.scenario === scenario,
      );
      return scenario.judge(ofScenario, place.evidencePath);
    }),
    ...sweepNames(place),
  ];
  if (options.isKept && findings.length > 0) place.keepEvidence();
  return {
    seed,
    counts: nemesis.counts,
    faults: countFaults(findings),
    findings: findings.map((finding) => label(finding, nemesis.participants)),
    recoveries: measureRecoveries(nemesis.successions, nemesis.participants, nemesis.fills),
    participantCount: nemesis.participants.length,
    eventCount: nemesis.participants.reduce(
      (sum, participant) => sum + participant.events().length,
      0,
    ),
    evidencePath: options.isKept && findings.length > 0 ? place.evidencePath : undefined,
  };
}

/** Participants that ended by themselves; whatever the reason, they should have gone on. */
async function failures(
  participants: readonly ParticipantProcess[],
  fills: readonly Interval[],
): Promise<Finding[]> {
  const findings = new Findings();
  for (const participant of participants) {
    const { id, label, end, events } = participant;
    if (end === "ended" || end === "killed") continue;
    if (end === "noRoom" && wasFull(events(), fills)) continue;
    const detail = `${label} ended by itself: ${await participant.complaint()}`;
    findings.report("stuck", detail, 1, id);
  }
  return findings.all;
}

/** Whether shared memory was full between the event before `noRoom` and that one. */
export function wasFull(log: EventLog, fills: readonly Interval[]): boolean {
  const index = log.indexOf(EVENT.noRoom);
  if (index < 1) return false;
  return fills.some(({ fromMs, toMs }) => fromMs <= log.atMs(index) && toMs >= log.atMs(index - 1));
}

function countFaults(findings: readonly Finding[]): Record<Fault, number> {
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  for (const { fault, count } of findings) faults[fault] += count;
  return faults;
}

function label(finding: Finding, participants: readonly ParticipantProcess[]): LabelledFinding {
  const participant =
    finding.participant === undefined ? undefined : participants[finding.participant];
  return {
    ...finding,
    label: participant?.label,
    tail: participant?.events().tail(TAIL_EVENTS) ?? [],
  };
}

/** Unlinks what is persistent and collects what crashes left; any file that is left then has leaked. */
function sweepNames(place: ChaosPlace): Finding[] {
  using _names = new OtherNames(place.namesPath);
  for (const { name, isPersistent } of listSegments()) {
    if (isPersistent) MemoryMappedFile.unlink(name);
  }
  collectSegments();
  return place.names().map((name) => ({
    fault: "leaked",
    count: 1,
    detail: `the file "${name}" after all had ended`,
  }));
}
