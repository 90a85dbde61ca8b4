/**
 * What has happened, the newest first.
 *
 * @module
 */
import type { LogEntry, LogKind } from "../wire/log-entry.ts";
import { element, setShown } from "./dom.ts";
import { timeOfDay } from "./format.ts";
import { type IconName, icon } from "./icon.ts";
import type { Model } from "./model.ts";
import type { PageView } from "./page-view.ts";
import { scrollBox } from "./scroll-box.ts";
import type { View } from "./view-state.ts";

/** How each kind looks; its text says what it is. */
const LOOKS: Readonly<Record<LogKind, readonly [icon: IconName, mood: string]>> = {
  created: ["plus", ""],
  removed: ["minus", ""],
  joined: ["plus", "good"],
  left: ["minus", ""],
  gone: ["minus", "warning"],
  died: ["cross", "bad"],
  recovered: ["again", "good"],
  "lock-abandoned": ["lock", "bad"],
  "lock-recovered": ["lock", "good"],
  dropped: ["warning", "bad"],
  corrupt: ["warning", "bad"],
  damaged: ["cross", "bad"],
  orphaned: ["again", "warning"],
  redelivered: ["again", "good"],
  "dead-letter": ["cross", "bad"],
  expired: ["clock", "bad"],
  paused: ["pause", "warning"],
  resumed: ["play", "good"],
};

/** Whether something is good to hear, or bad; empty: neither. */
export function moodOf(kind: LogKind): string {
  return LOOKS[kind][1];
}

/** The event log. */
export class EventLogView implements PageView {
  readonly element: HTMLElement;
  readonly #list = element("ol", { id: "log" });
  readonly #box = scrollBox("Events, newest first", this.#list);
  readonly #empty = element("p", { class: "hint" }, "Who joins, leaves or dies appears here.");
  #shown: readonly LogEntry[] | undefined;

  constructor() {
    this.element = element(
      "section",
      { class: "card" },
      element("h2", {}, "Events"),
      this.#empty,
      this.#box,
    );
  }

  render({ log }: Model, view: View): void {
    if (log === this.#shown || view.isPaused) return;
    this.#shown = log;
    this.#list.replaceChildren(...log.toReversed().map(item));
    setShown(this.#empty, log.length === 0);
    setShown(this.#box, log.length > 0);
  }
}

function item({ at_ms, kind, segment, text, number }: LogEntry): HTMLLIElement {
  const [name, mood] = LOOKS[kind];
  return element(
    "li",
    { "data-kind": kind, "data-mood": mood, "data-number": String(number) },
    icon(name),
    element("span", { class: "what" }, element("strong", {}, segment), `: ${text}`),
    element("time", { datetime: new Date(at_ms).toISOString() }, timeOfDay(at_ms)),
  );
}
