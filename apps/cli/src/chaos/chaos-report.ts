/**
 * The verdict in words and as a record.
 *
 * @module
 */
import { formatCount, formatCountOf, formatDuration } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { FAULTS, type Fault } from "./finding.ts";
import { percentile } from "./recovery.ts";
import type { Charge, Verdict } from "./run-chaos.ts";

/** More findings than that are told by their number only. */
const CHARGES_MAX = 20;

const MEANINGS: Readonly<Record<Fault, string>> = {
  lost: "records, changes and units that were gone",
  torn: "records and values that were not whole; two where one may be",
  duplicated: "records that came again without a crash that permits it",
  stuck: "participants that made no progress, or ended by themselves",
  leaked: "files, descriptors and mappings that were left",
};

/** The public record; its fields are a contract. */
export function chaosRecord(verdict: Verdict): Readonly<Record<string, unknown>> {
  const { seed, counts, faults, recoveryP99Ms } = verdict;
  return {
    seed,
    kills: counts.kills,
    ...faults,
    recovery_ms_p99: recoveryP99Ms === undefined ? null : Math.round(recoveryP99Ms * 10) / 10,
  };
}

/** The verdict as a table. */
export function formatVerdict(verdict: Verdict, style: Style): string {
  const { counts, faults, recoveriesMs } = verdict;
  const deeds = [
    ["kills", counts.kills],
    ["stops", counts.stops],
    ["departures", counts.leaves],
    ["shared memory filled", counts.fills],
    ["files deleted", counts.fileDeletions],
    ["directory deleted", counts.directoryDeletions],
    ["processes", verdict.participantCount],
    ["events", verdict.eventCount],
  ] as const;
  const deedRows = deeds.map(([what, count]) => [what, formatCount(count)]);
  const faultRows = FAULTS.map((fault) => {
    const count = formatCount(faults[fault]);
    return [fault, faults[fault] === 0 ? style.green(count) : style.red(count), MEANINGS[fault]];
  });
  const times = [0.5, 0.99, 1].map((share) => percentile(recoveriesMs, share));
  const [median, p99, worst] = times.map((time) =>
    time === undefined ? "none" : formatDuration(time),
  );
  const recovery = `recovery: ${median} (p50), ${p99} (p99), ${worst} (worst of ${recoveriesMs.length})`;
  return [
    ...formatTable(deedRows, ["left", "right"]),
    "",
    ...formatTable(faultRows, ["left", "right"]),
    "",
    recovery,
    "",
  ].join("\n");
}

/** What went wrong, each with the end of its participant's log. */
export function formatCharges(charges: readonly Charge[], style: Style): string {
  const lines = charges
    .slice(0, CHARGES_MAX)
    .flatMap(({ fault, count, detail, label, tail }) => [
      `${style.red(fault)} ${formatCount(count)}: ${printable(detail)}`,
      ...(label === undefined ? [] : [`  ${label}`]),
      ...tail.map((line) => style.dim(`    ${line}`)),
    ]);
  const rest = charges.length - CHARGES_MAX;
  if (rest > 0) lines.push(`and ${formatCountOf(rest, "further finding")}`);
  return lines.map((line) => `${line}\n`).join("");
}
