/**
 * One segment in full: who owns it, who waits for what, who has what of it, and every figure of its kind.
 *
 * @module
 */
import type { ParticipantFrame, SegmentFrame, WaitFrame } from "../wire/frame.ts";
import type { FigureWords, Hello } from "../wire/hello.ts";
import { element, setShown, setText } from "./dom.ts";
import { figureQuantity } from "./figure-text.ts";
import {
  ago,
  count,
  dateAndTime,
  duration,
  NOTHING,
  orNothing,
  rate,
  size,
  text,
} from "./format.ts";
import { figureTitle, namedCells, segmentTitle, waitWords } from "./kind-words.ts";
import type { Model } from "./model.ts";
import type { PageView } from "./page-view.ts";
import { bridgeTable } from "./tables/bridge-table.ts";
import { followerTable } from "./tables/follower-table.ts";
import { type Column, LiveTable } from "./tables/live-table.ts";
import { workerTable } from "./tables/worker-table.ts";
import type { View } from "./view-state.ts";

/** A figure of the table. */
interface Row {
  readonly id: string;
  readonly value: string;
  readonly perSecond: string;
  readonly help: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "figure", title: "Figure", fill: ({ id }) => figureTitle(id) },
  { id: "value", title: "Value", isNumber: true, fill: ({ value }) => value },
  { id: "growth", title: "Per second", isNumber: true, fill: ({ perSecond }) => perSecond },
  { id: "help", title: "What it says", fill: ({ help }) => help },
];

/** What a person is told of a segment, line by line. */
type Fact = readonly [name: string, value: string];

/** The panel of the segment that was chosen. */
export class DetailPanel implements PageView {
  readonly element: HTMLElement;
  readonly #title = element("h2");
  readonly #facts = element("dl", { class: "facts" });
  readonly #table = new LiveTable<Row>("Figures of the segment", COLUMNS, ({ id }) => id);
  /** Those that one kind has. */
  readonly #tables = [workerTable(), followerTable(), bridgeTable()];
  readonly #all: HTMLElement;
  #shown = "";

  constructor() {
    this.#all = element("details", {}, element("summary", {}, "All figures"), this.#table.element);
    this.element = element(
      "section",
      { class: "card", id: "detail" },
      this.#title,
      this.#facts,
      ...this.#tables.map((table) => table.element),
      this.#all,
    );
  }

  render(model: Model, view: View): void {
    const segment = model.segment(view.scope);
    setShown(this.element, segment !== undefined);
    if (segment === undefined || model.frame === undefined) return;
    setText(this.#title, `${segmentTitle(segment)}, ${segment.kind}`);
    const facts = factsOf(segment, model.frame.sampled_at_ms);
    const wanted = JSON.stringify(facts);
    if (wanted !== this.#shown) {
      this.#shown = wanted;
      this.#facts.replaceChildren(
        ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
      );
    }
    for (const table of this.#tables) table.render(segment);
    const rows = rowsOf(segment, model.hello?.figures ?? {});
    this.#table.render(rows);
    setShown(this.#all, rows.length > 0);
  }
}

function factsOf(segment: SegmentFrame, atMs: number): Fact[] {
  const { participants, held, persistent, created_at_ms, total_bytes, error } = segment;
  if (error !== null) return [["Cannot be understood", error]];
  // What workers have is in the table of workers.
  const holders = participants.filter(({ holds }) => holds !== null && segment.queue === null);
  const life = persistent ? "persistent" : "goes with its last holder";
  const now = { true: "held", false: "held by nobody", null: "" }[String(held)];
  return [
    ...queueFacts(segment),
    ...journalFacts(segment),
    ...bridgeFacts(segment),
    ...ownerFacts(segment, atMs),
    ...waitFacts(segment),
    ...holders.map((one): Fact => [`Held by ${nameOf(one)}`, one.holds ?? ""]),
    ...flowFacts(segment),
    ...tableFacts(segment),
    ["Name", [now, life].filter(Boolean).join(", ")],
    ["Created", dateAndTime(created_at_ms)],
    ["Size", text(size(total_bytes))],
  ];
}

function queueFacts({ queue, rates, figures }: SegmentFrame): Fact[] {
  if (queue === null) return [];
  const { paused, max_attempts, lease_ms } = queue;
  const dead = figures["queue.segment.deadLetters"] ?? 0;
  const grows =
    (rates["queue.segment.deadLettered"] ?? 0) > 0 ? ", and there are more and more" : "";
  const lease = lease_ms === null ? "" : text(duration(lease_ms * 1e6));
  return [
    ["Paused", paused ? "yes: no job is taken" : "no"],
    ["Attempts, at most", max_attempts === null ? "as many as need be" : count(max_attempts)],
    ["Lease", lease === "" ? "none: a job stays with its worker as long as that lives" : lease],
    ["Dead letters", dead === 0 ? "none" : count(dead) + grows],
  ];
}

function journalFacts({ journal }: SegmentFrame): Fact[] {
  return journal === null ? [] : [["Directory", journal.path || NOTHING]];
}

function bridgeFacts({ bridge }: SegmentFrame): Fact[] {
  return bridge === null ? [] : [["Carries", bridge.target || NOTHING]];
}

function ownerFacts({ lock, queue }: SegmentFrame, atMs: number): Fact[] {
  if (lock === null) return [];
  const { owner_pid, owner_name, owner_alive, owned_since_ms } = lock;
  // The lock of a queue is held for a microsecond at a time: who has it matters when it has died.
  if (queue !== null && owner_alive !== false) return [];
  if (owner_pid === null) return [["Owner", "nobody"]];
  const who = `process ${owner_pid}${owner_name ? ` (${owner_name})` : ""}`;
  const held = owned_since_ms === null ? "" : `, for ${ago(atMs - owned_since_ms)}`;
  return [["Owner", owner_alive === false ? `${who}, which died holding it` : who + held]];
}

/** Who waits at which cell. Those that a kind has words for are told also when nobody waits there. */
function waitFacts({ kind, waits, participants }: SegmentFrame): Fact[] {
  const cells = new Set([...namedCells(kind), ...waits.map(({ cell }) => cell)]);
  return [...cells]
    .toSorted((one, two) => one - two)
    .map((cell) => {
      const wait = waits.find((each) => each.cell === cell);
      return [`Wait for ${waitWords(kind, cell)}`, waitersText(wait, participants)];
    });
}

function waitersText(wait: WaitFrame | undefined, all: readonly ParticipantFrame[]): string {
  if (wait === undefined) return "nobody";
  const known = wait.slots.map((slot) => {
    const one = all.find((each) => each.slot === slot);
    return one === undefined ? `place ${slot}` : nameOf(one) + waitedText(one);
  });
  return [...known, ...(wait.has_sleepers ? ["a thread that sleeps"] : [])].join(", ");
}

function waitedText({ waiting_ms }: ParticipantFrame): string {
  return waiting_ms === null ? "" : `, for ${ago(waiting_ms)}`;
}

function flowFacts({ flow, queue }: SegmentFrame): Fact[] {
  if (flow === null) return [];
  const length = flow.record_bytes > 0 ? `, ${text(size(flow.record_bytes))} each` : "";
  return [
    [queue === null ? "Records" : "Jobs", `${flow.mode}${length}`],
    [queue === null ? "Room for each sender" : "Room for jobs", text(size(flow.capacity_bytes))],
  ];
}

function tableFacts({ kind, figures }: SegmentFrame): Fact[] {
  if (kind !== "table") return [];
  const each = text(size(figures["table.segment.rowBytes"] ?? 0));
  return [["Rows", `${count(figures["table.segment.rows"] ?? 0)}, ${each} each`]];
}

function nameOf({ role, pid, name }: ParticipantFrame): string {
  return `${role} ${pid}${name === "" ? "" : ` (${name})`}`;
}

function rowsOf(segment: SegmentFrame, words: Hello["figures"]): Row[] {
  const { figures, rates, times } = segment;
  const row = (id: string, what: FigureWords, value: string): Row => {
    return { id, value, perSecond: orNothing(rates[id], rate), help: what.help };
  };
  return Object.entries(words).flatMap(([id, what]) => {
    const value = figures[id];
    if (value !== undefined) return [row(id, what, text(figureQuantity(id, what, value)))];
    const time = times[id];
    if (time === undefined) return [];
    const half = time === null ? NOTHING : text(duration(time.latency_ns_p50));
    const most = time === null ? NOTHING : text(duration(time.latency_ns_p99));
    return [row(id, what, `half within ${half}, 99 % within ${most}`)];
  });
}
