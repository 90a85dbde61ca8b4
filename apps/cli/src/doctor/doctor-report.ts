/**
 * An examination as a person reads it.
 *
 * @module
 */
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import type { Status } from "./check.ts";
import type { Diagnosis } from "./run-doctor.ts";

const STATUS_CELLS = 4;
const NAME_CELLS = 16;

/** One check: what it found, below it what was done and what is to be done. */
export function formatDiagnosis(diagnosis: Diagnosis, style: Style): string {
  const { check, status, detail, next, fixed } = diagnosis;
  const mark = paint(status, style)(status.padEnd(STATUS_CELLS));
  const rows = [[mark, check.padEnd(NAME_CELLS), detail]];
  if (fixed !== undefined) rows.push(["", "", style.green(`fixed: ${fixed}`)]);
  if (next !== undefined) rows.push(["", "", style.cyan(`→ ${next}`)]);
  return `${formatTable(rows, [], style.columns).join("\n")}\n`;
}

/** The line at the end. */
export function formatVerdict(diagnoses: readonly Diagnosis[], style: Style): string {
  const count = (wanted: Status): number =>
    diagnoses.filter(({ status }) => status === wanted).length;
  const part = (status: Status, text: string): string =>
    count(status) === 0 ? text : paint(status, style)(text);
  const parts = [
    part("ok", `${count("ok")} ok`),
    part("warn", `${count("warn")} to look at`),
    part("fail", `${count("fail")} failed`),
  ];
  return `\n${parts.join(", ")}\n`;
}

function paint(status: Status, style: Style): (text: string) => string {
  return { ok: style.green, warn: style.yellow, fail: style.red }[status];
}
