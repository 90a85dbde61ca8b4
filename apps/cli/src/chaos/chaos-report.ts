/**
 * The verdict of a run of chaos in words and as a record.
 *
 * @module
 */
import {
  FAULTS,
  type Fault,
  type LabelledFinding,
  percentile,
  type Recovery,
  type Verdict,
} from "@isthmus/chaos";
import { formatCount, formatCountOf, formatDuration } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { wrap } from "../output/wrap.ts";

/** Of more findings than that, only the number is told. */
const FINDINGS_MAX = 20;

const MEANINGS: Readonly<Record<Fault, string>> = {
  lost: "records, changes and permits that were gone",
  torn: "records and values that were not whole; two where one may be",
  duplicated: "records that came again without a crash that permits it",
  stuck: "participants that made no progress, or ended by themselves",
  leaked: "files, descriptors and mappings that were left",
};

type Part = "startMs" | "waitMs" | "processorMs" | "libraryMs";
/** The parts of a recovery: their names in the record and in the table. */
const PARTS: readonly (readonly [part: Part, field: string, title: string])[] = [
  ["libraryMs", "recovery_ms_p99", "recovery: the library's part"],
  ["startMs", "start_ms_p99", "starting the successor's process"],
  ["waitMs", "wait_ms_p99", "waiting for others or for room"],
  ["processorMs", "processor_ms_p99", "waiting for a processor"],
];

/** The public record; its fields are a contract. */
export function chaosRecord(verdict: Verdict): Readonly<Record<string, unknown>> {
  const { seed, counts, faults, recoveries } = verdict;
  const times = PARTS.map(([part, field]) => {
    const timeMs = percentile(timesOf(recoveries, part), 0.99);
    return [field, timeMs === undefined ? null : Math.round(timeMs * 10) / 10];
  });
  return { seed, kills: counts.kills, ...faults, ...Object.fromEntries(times) };
}

/** The verdict as tables. */
export function formatVerdict(verdict: Verdict, style: Style): string {
  const { counts, faults, recoveries } = verdict;
  const injections = [
    ["kills", counts.kills],
    ["stops", counts.stops],
    ["departures", counts.leaves],
    ["shared memory filled", counts.fills],
    ["files deleted", counts.fileDeletions],
    ["directory deleted", counts.directoryDeletions],
    ["processes", verdict.participantCount],
    ["events", verdict.eventCount],
  ] as const;
  const injectionRows = injections.map(([what, count]) => [what, formatCount(count)]);
  const faultRows = FAULTS.map((fault) => {
    const count = formatCount(faults[fault]);
    return [fault, faults[fault] === 0 ? style.green(count) : style.red(count), MEANINGS[fault]];
  });
  const recoveryRows = PARTS.map(([part, , title]) => {
    const times = [0.5, 0.99, 1].map((share) => percentile(timesOf(recoveries, part), share));
    return [title, ...times.map((time) => (time === undefined ? "none" : formatDuration(time)))];
  });
  const heading = [formatCountOf(recoveries.length, "successor"), "p50", "p99", "worst"];
  const lines = [
    ...formatTable(injectionRows, ["left", "right"], style.columns),
    "",
    ...formatTable(faultRows, ["left", "right"], style.columns),
    "",
    ...formatTable([heading, ...recoveryRows], ["left", "right", "right", "right"], style.columns),
    ...slowest(recoveries),
    "",
  ];
  return wrap(lines.join("\n"), style.columns);
}

/** What went wrong, each with the last events of its participant. */
export function formatFindings(findings: readonly LabelledFinding[], style: Style): string {
  const lines = findings
    .slice(0, FINDINGS_MAX)
    .flatMap(({ fault, count, detail, label, tail }) => [
      `${style.red(fault)} ${formatCount(count)}: ${printable(detail)}`,
      ...(label === undefined ? [] : [`  ${label}`]),
      ...tail.map((line) => style.dim(`    ${line}`)),
    ]);
  const rest = findings.length - FINDINGS_MAX;
  if (rest > 0) lines.push(`and ${formatCountOf(rest, "further finding")}`);
  return lines.map((line) => `${line}\n`).join("");
}

function timesOf(recoveries: readonly Recovery[], part: Part): number[] {
  return recoveries.map((recovery) => recovery[part]);
}

function slowest(recoveries: readonly Recovery[]): string[] {
  const [worst] = recoveries.toSorted((left, right) => right.libraryMs - left.libraryMs);
  return worst === undefined ? [] : [`slowest: ${worst.label}`];
}
