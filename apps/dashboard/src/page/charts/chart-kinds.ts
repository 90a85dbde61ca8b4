/**
 * What is drawn, and how it is called.
 *
 * @module
 */
import type { SegmentFrame } from "../../wire/frame.ts";
import { ALL, keyOf, type Metric, tableKeyOf } from "../figures.ts";
import { count, duration, orNothing, type Quantity, rate, share } from "../format.ts";
import { figureTitle, isDrawn } from "../kind-words.ts";
import type { Model } from "../model.ts";
import { LINES_MAX } from "../ranking.ts";
import type { ColorName } from "./colors.ts";

/** One line of a chart. */
export interface Line {
  /** The figures that are drawn; of several, their sum or their greatest. */
  readonly keys: readonly string[];
  readonly label: string;
  readonly color: ColorName;
  readonly isDashed?: boolean;
}

/** A kind of chart. */
export interface ChartKind {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly scale: "linear" | "log" | "share";
  readonly combine: "sum" | "max";
  readonly format: (value: number) => Quantity;
  /** Whether it can tell anything of a segment: where it cannot, it is not there. */
  readonly applies: (segment: SegmentFrame) => boolean;
  /** What is drawn of a scope. */
  readonly lines: (model: Model, scope: string) => readonly Line[];
  /** Why there is nothing to be seen, when there is not. */
  readonly whyEmpty: (model: Model, scope: string) => string;
  /** Whether its values are whole numbers, so that the axis has no others either. */
  readonly isWhole?: boolean;
  readonly isWide?: boolean;
  /** Shown of a single segment only: of all together it would say nothing. */
  readonly ofOne?: boolean;
  /** Not shown of a single queue, which has charts of its own words. */
  readonly notOfQueue?: boolean;
}

/** All charts, in their order. */
export const CHART_KINDS: readonly ChartKind[] = [
  {
    id: "throughput",
    title: "Throughput",
    unit: "records per second: sent by each, and read",
    scale: "linear",
    combine: "sum",
    format: rate,
    applies: hasFlow,
    lines: (model, scope) => {
      const consumed: Line = {
        keys: [keyOf(scope, "consumed")],
        label: isQueueScope(model, scope) ? "done" : "read",
        color: "--text",
        isDashed: true,
      };
      const lines = partLines(model, scope, "published");
      if (lines.length === 0) return [];
      const [added] = isQueueScope(model, scope) ? lines : [];
      return added === undefined ? [...lines, consumed] : [{ ...added, label: "added" }, consumed];
    },
    whyEmpty: noFlow,
    isWide: true,
  },
  {
    id: "jobs",
    title: "Jobs",
    unit: "how many there are of each sort",
    scale: "linear",
    combine: "sum",
    format: count0,
    isWhole: true,
    applies: isQueue,
    lines: (_, scope) => [
      { keys: [tableKeyOf(scope, "queue.segment.waiting")], label: "waiting", color: "--series-1" },
      { keys: [tableKeyOf(scope, "queue.segment.delayed")], label: "delayed", color: "--series-3" },
      { keys: [tableKeyOf(scope, "queue.segment.held")], label: "held", color: "--series-4" },
      {
        keys: [tableKeyOf(scope, "queue.segment.inFlight")],
        label: "in flight",
        color: "--series-5",
      },
      {
        keys: [tableKeyOf(scope, "queue.segment.deadLetters")],
        label: "dead letters",
        color: "--series-2",
        isDashed: true,
      },
    ],
    whyEmpty: () => "Nothing is known of this window.",
    ofOne: true,
    isWide: true,
  },
  {
    id: "job-times",
    title: "Wait and run times",
    unit: "until taken, and from there until done, log scale",
    scale: "log",
    combine: "max",
    format: duration,
    applies: isQueue,
    lines: (_, scope) =>
      (["wait", "run"] as const).flatMap((what): Line[] => {
        const id = tableKeyOf(scope, `queue.times.${what}Time`);
        const color = what === "wait" ? "--series-1" : "--series-2";
        return [
          { keys: [keyOf(id, "p50")], label: `${what}, half`, color, isDashed: true },
          { keys: [keyOf(id, "p99")], label: `${what}, 99 %`, color },
        ];
      }),
    whyEmpty: () => "No job has been taken or done in this window.",
    ofOne: true,
  },
  {
    id: "oldest",
    title: "Oldest in flight",
    unit: "for how long the job is worked on that was taken first",
    scale: "linear",
    combine: "max",
    format: (milliseconds) => duration(milliseconds * 1e6),
    applies: isQueue,
    lines: (_, scope) => [
      {
        keys: [tableKeyOf(scope, "queue.segment.oldestInFlightMs")],
        label: "oldest",
        color: "--series-1",
      },
    ],
    whyEmpty: () => "Nothing is known of this window.",
    ofOne: true,
  },
  {
    id: "latency",
    title: "Latency",
    unit: "from sending to consuming, log scale",
    scale: "log",
    combine: "max",
    format: duration,
    applies: hasFlow,
    lines: (_, scope) => [
      { keys: [keyOf(scope, "p50")], label: "half", color: "--series-3" },
      { keys: [keyOf(scope, "p90")], label: "90 %", color: "--series-1" },
      { keys: [keyOf(scope, "p99")], label: "99 %", color: "--series-2" },
      { keys: [keyOf(scope, "max")], label: "longest", color: "--series-rest", isDashed: true },
    ],
    whyEmpty: (model, scope) => {
      const segments = flowsOf(model, scope);
      if (segments.length === 0) return noFlow(model, scope);
      if (segments.some(({ flow }) => flow?.has_latency)) {
        return "Nothing has been consumed in this window.";
      }
      const kinds = [...new Set(segments.map(({ kind }) => kind))];
      return `Not measured: make the ${kinds.join(" or ")} with latency: true.`;
    },
    notOfQueue: true,
  },
  {
    id: "fill",
    title: "Ring fill",
    unit: "share of each producer's ring; 100 % is its capacity",
    scale: "share",
    combine: "max",
    format: share,
    applies: hasFlow,
    lines: (model, scope) => partLines(model, scope, "fill"),
    whyEmpty: noFlow,
    notOfQueue: true,
  },
  {
    id: "lag",
    title: "Lag",
    unit: "records that wait to be read",
    scale: "linear",
    combine: "sum",
    format: count0,
    isWhole: true,
    applies: hasFlow,
    lines: (model, scope) => partLines(model, scope, "lag"),
    whyEmpty: noFlow,
    notOfQueue: true,
  },
  {
    id: "pressure",
    title: "Back-pressure",
    unit: "waits for room per second",
    scale: "linear",
    combine: "sum",
    format: rate,
    applies: ({ flow }) => (flow?.full_waits ?? 0) > 0,
    lines: (model, scope) =>
      limited(
        flowsOf(model, scope).map(({ name }) => ({ key: keyOf(name, "waits"), label: name })),
      ),
    whyEmpty: () => "Nobody waits for room.",
  },
  {
    id: "locks",
    title: "Locks",
    unit: "acquisitions per second",
    scale: "linear",
    combine: "sum",
    format: rate,
    applies: ({ lock }) => lock !== null,
    lines: (_, scope) => [
      { keys: [keyOf(scope, "acquisitions")], label: "all", color: "--series-1" },
      { keys: [keyOf(scope, "contentions")], label: "had to wait", color: "--series-2" },
    ],
    whyEmpty: () => "Nothing here has a lock.",
  },
  {
    id: "levels",
    title: "Levels",
    unit: "what there is of each",
    scale: "linear",
    combine: "sum",
    format: count0,
    isWhole: true,
    applies: (segment) => figureIds(segment, false).length > 0,
    lines: (model, scope) => figureLines(model, scope, false),
    whyEmpty: () => "Nothing is known of this window.",
    ofOne: true,
  },
  {
    id: "changes",
    title: "Changes",
    unit: "per second",
    scale: "linear",
    combine: "sum",
    format: rate,
    applies: (segment) => figureIds(segment, true).length > 0,
    lines: (model, scope) => figureLines(model, scope, true),
    whyEmpty: () => "Nothing is known of this window.",
    ofOne: true,
  },
];

/** The figures of a kind's tables that are drawn where nothing flows: what grows by its rate, else how much it is. */
function figureIds({ flow, figures, rates }: SegmentFrame, isGrowing: boolean): string[] {
  if (flow !== null) return [];
  // Of what has never happened there is nothing to see.
  return Object.entries(figures)
    .filter(([id, value]) => isDrawn(id) && (!isGrowing || value > 0))
    .map(([id]) => id)
    .filter((id) => id in rates === isGrowing);
}

function figureLines(model: Model, scope: string, isGrowing: boolean): Line[] {
  const segment = model.segment(scope);
  if (segment === undefined) return [];
  return limited(
    figureIds(segment, isGrowing).map((id) => ({
      key: tableKeyOf(scope, id),
      label: figureTitle(id).toLowerCase(),
    })),
  );
}

/** Whether it is a single queue that is looked at. */
function isQueueScope(model: Model, scope: string): boolean {
  const segment = model.segment(scope);
  return segment !== undefined && isQueue(segment);
}

function isQueue({ queue }: SegmentFrame): boolean {
  return queue !== null;
}

function hasFlow({ flow }: SegmentFrame): boolean {
  return flow !== null;
}

/** A whole number, as tiles and tables say it: without a thousand's letter. */
function count0(value: number): Quantity {
  return { value: count(Math.round(value)), unit: "" };
}

/** The charts that can tell something of a scope. */
export function chartsOf(model: Model, scope: string): ReadonlySet<ChartKind> {
  const segments = (model.frame?.segments ?? []).filter(
    ({ name }) => scope === ALL || name === scope,
  );
  return new Set(
    CHART_KINDS.filter(({ applies, ofOne, notOfQueue }) => {
      const isOther =
        scope === ALL ? ofOne === true : notOfQueue === true && segments.some(isQueue);
      return isOther !== true && segments.some((one) => applies(one));
    }),
  );
}

function noFlow(_: Model, scope: string): string {
  return scope === ALL ? "Nothing flows." : "Nothing flows through this segment.";
}

/** What whoever sends in a segment is called there. */
const SENDERS: readonly string[] = ["producer", "publisher", "requester"];

function senderOf({ participants }: SegmentFrame, pid: number): string {
  const sender = participants.find((one) => one.pid === pid && SENDERS.includes(one.role));
  const name = sender?.name ? ` (${sender.name})` : "";
  return `${sender?.role ?? "process"} ${pid}${name}`;
}

/** What flows in a scope, those with a line of their own first. */
function flowsOf({ frame, ranking }: Model, scope: string): SegmentFrame[] {
  const all = (frame?.segments ?? []).filter(({ flow }) => flow !== null);
  if (scope !== ALL) return all.filter(({ name }) => name === scope);
  const byName = new Map(all.map((segment) => [segment.name, segment]));
  const ranked = ranking.places.flatMap((name) => byName.get(name) ?? []);
  return [...ranked, ...all.filter(({ name }) => !ranking.places.includes(name))];
}

/** A line per channel; where there is only one, a line per producer. */
function partLines(model: Model, scope: string, metric: Metric): Line[] {
  const flows = flowsOf(model, scope);
  const [only] = flows;
  if (only?.flow && flows.length === 1 && only.flow.lanes.length > 0) {
    const lanes = only.flow.lanes.map(({ lane, pid }) => ({
      key: keyOf(only.name, metric, lane),
      label: pid === null ? `lane ${lane}` : senderOf(only, pid),
    }));
    return limited(lanes);
  }
  return limited(flows.map(({ name }) => ({ key: keyOf(name, metric), label: name })));
}

function limited(parts: readonly { readonly key: string; readonly label: string }[]): Line[] {
  const shown = parts.length > LINES_MAX ? parts.slice(0, LINES_MAX) : parts;
  const rest = parts.slice(shown.length);
  const lines = shown.map(({ key, label }, index): Line => {
    return { keys: [key], label, color: `--series-${(index + 1) as 1 | 2 | 3 | 4 | 5 | 6}` };
  });
  if (rest.length === 0) return lines;
  const keys = rest.map(({ key }) => key);
  return [...lines, { keys, label: `${rest.length} others`, color: "--series-rest" }];
}

/** A value as a legend or table says it. */
export function valueText(kind: ChartKind, value: number | null | undefined): string {
  return orNothing(value, kind.format);
}
