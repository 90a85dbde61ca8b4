/**
 * All segments in one moment, as a person reads them.
 *
 * @module
 */

import { flowLatency, type SegmentRates, type SegmentSample } from "@isthmus/ipc";
import { kindName } from "@isthmus/ipc/internal";
import stringWidth from "string-width";
import {
  formatCount,
  formatDuration,
  formatFrequency,
  formatRate,
  formatShare,
} from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { type Alignment, formatTable } from "../output/table.ts";
import { NOTHING } from "../segments/segment-text.ts";
import { flowOf, type TopFlow } from "./top-flow.ts";
import { stateText, whoText } from "./top-participants.ts";

/** A sample, and what has happened since the one before. */
export interface TopRow {
  readonly sample: SegmentSample;
  readonly rates: SegmentRates | undefined;
}

/** What a cell is made of. */
interface Line extends TopRow {
  readonly flow: TopFlow;
  readonly nowMs: number;
  readonly style: Style;
  /** Whether every word counts. */
  readonly isTerse: boolean;
}

/** A column. Where there is no room for all, those with the highest `rank` go first; one without a rank stays. */
interface Column {
  readonly heading: string;
  readonly alignment: Alignment;
  readonly rank?: number;
  readonly cell: (line: Line) => string;
}

/** A ring that is fuller than this has a reader that does not keep up. */
const FILL_WARNING = 0.8;

const LONGEST_NAME = 32;

const COLUMNS: readonly Column[] = [
  { heading: "NAME", alignment: "left", cell: ({ sample }) => nameText(sample) },
  {
    heading: "KIND",
    alignment: "left",
    cell: ({ sample, style }) => (sample.error ? style.red("damaged") : kindName(sample)),
  },
  {
    heading: "RECORDS/S",
    alignment: "right",
    cell: ({ flow }) => optional(flow.perSecond, formatFrequency),
  },
  {
    heading: "BYTES/S",
    alignment: "right",
    rank: 3,
    cell: ({ flow }) => optional(flow.bytesPerSecond, formatRate),
  },
  { heading: "FILL", alignment: "right", rank: 2, cell: fillText },
  { heading: "LAG", alignment: "right", cell: ({ flow }) => optional(flow.lag, formatCount) },
  { heading: "P99", alignment: "right", rank: 5, cell: latencyText },
  { heading: "DROPS", alignment: "right", rank: 1, cell: lostText },
  {
    heading: "WAITS",
    alignment: "right",
    rank: 4,
    cell: ({ flow }) => optional(flow.waits, formatCount),
  },
  {
    heading: "WHO",
    alignment: "left",
    cell: ({ sample, rates, style }) => whoText(sample, rates, style),
  },
  {
    heading: "STATE",
    alignment: "left",
    cell: ({ sample, nowMs, style, isTerse }) => stateText(sample, nowMs, style, isTerse),
  },
];

/**
 * Formats the table of `isthmus top`.
 *
 * @param rows The segments, in the order of the lines.
 * @param nowMs The time, in milliseconds since 1970.
 * @param style The colours of stdout.
 * @param width How wide it may be: columns that matter least are left out until it fits.
 * @returns The lines.
 */
export function formatTopTable(
  rows: readonly TopRow[],
  nowMs: number,
  style: Style,
  width: number = Number.POSITIVE_INFINITY,
): string[] {
  const lines = rows.map((row) => ({ ...row, flow: flowOf(row.sample, row.rates), nowMs, style }));
  const dispensable = COLUMNS.flatMap(({ rank }) => rank ?? []).sort((one, two) => two - one);
  let columns = COLUMNS;
  // First everything, then everything in fewer words, then one column less each time.
  for (let left = -1; ; left++) {
    const isTerse = left >= 0;
    const cells = lines.map((line) => columns.map(({ cell }) => cell({ ...line, isTerse })));
    const rows = [columns.map(({ heading }) => style.bold(heading)), ...cells];
    const alignments = columns.map(({ alignment }) => alignment);
    // What matters most is on two lines rather than cut.
    if (left === dispensable.length) return formatTable(rows, alignments, width);
    const table = formatTable(rows, alignments);
    if (table.every((line) => stringWidth(line) <= width)) return table;
    if (isTerse) columns = columns.filter(({ rank }) => rank !== dispensable[left]);
  }
}

function fillText({ flow, style }: Line): string {
  if (flow.fill === undefined) return NOTHING;
  const text = formatShare(flow.fill, 1);
  return flow.fill > FILL_WARNING ? style.yellow(text) : text;
}

function latencyText({ sample, rates }: Line): string {
  const { value, recent } = flowLatency(sample, rates) ?? {};
  const latency = recent?.count ? recent : value;
  return latency?.count ? formatDuration(latency.percentile(99) / 1e6) : NOTHING;
}

function lostText({ flow, style }: Line): string {
  if (flow.lost === undefined) return NOTHING;
  const text = formatCount(flow.lost);
  return flow.lost > 0 ? style.yellow(text) : text;
}

function optional(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? NOTHING : format(value);
}

/** A journal is called by its directory: its name is a number. */
function nameText({ name, journal }: SegmentSample): string {
  const text = printable(journal?.path.split("/").at(-1) || name);
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text;
}
