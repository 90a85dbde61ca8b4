/**
 * The answer in words: how many records flow, how late they are, and whether anything is wrong.
 *
 * @module
 */
import type { Frame, Issue } from "../wire/frame.ts";
import { element, setAttribute, setShown, setText } from "./dom.ts";
import { ago, count, countOf, duration, roughly, text } from "./format.ts";
import { type IconName, icon, setIcon } from "./icon.ts";
import type { Model } from "./model.ts";
import type { PageView } from "./page-view.ts";
import type { View } from "./view-state.ts";

/** More than so many nobody reads at once. */
const ISSUES_MAX = 4;

type Mood = "good" | "warning" | "bad" | "waiting";

interface Judgement {
  readonly mood: Mood;
  readonly icon: IconName;
  /** What is wrong, in a few words. */
  readonly verdict: string;
}

/** The sentence at the top. */
export class Verdict implements PageView {
  readonly element: HTMLElement;
  readonly #icon = icon("clock");
  readonly #flow = element("span");
  readonly #lateness = element("span");
  readonly #state = element("span", { class: "state" });
  readonly #detail = element("p", { class: "detail" });
  readonly #issues = element("ul", { class: "issues" });
  readonly #live = element("p", { class: "unseen", role: "status" });
  #shownIssues = "";

  constructor() {
    this.element = element(
      "section",
      { id: "verdict", "aria-label": "In short" },
      element("span", { class: "badge" }, this.#icon),
      element(
        "div",
        { class: "words" },
        element("h1", {}, this.#flow, " ", this.#lateness, " ", this.#state),
        this.#detail,
        this.#issues,
        this.#live,
      ),
    );
  }

  render({ frame, status, heardAtMs, hello }: Model, view: View): void {
    const judgement = judge(frame, status);
    setAttribute(this.element, "data-mood", judgement.mood);
    setIcon(this.#icon, judgement.icon);
    setText(this.#flow, frame === undefined ? "" : flowText(frame));
    setText(this.#lateness, frame === undefined ? "" : latenessText(frame));
    setText(this.#state, judgement.verdict);
    // Told to screen readers when it changes, and only then.
    setText(this.#live, judgement.verdict);
    setText(this.#detail, detailText(frame, status, heardAtMs, hello?.directory));
    if (frame !== undefined) this.#renderIssues(frame.issues, view);
  }

  #renderIssues(issues: readonly Issue[], view: View): void {
    const wanted = JSON.stringify([issues, view.scope]);
    if (wanted === this.#shownIssues) return;
    this.#shownIssues = wanted;
    const shown = issues.slice(0, ISSUES_MAX).map(issueItem);
    const rest = issues.length - shown.length;
    if (rest > 0) shown.push(element("li", { class: "rest" }, `and ${rest} more`));
    this.#issues.replaceChildren(...shown);
    setShown(this.#issues, shown.length > 0);
  }
}

function issueItem({ severity, segment, message, code }: Issue): HTMLLIElement {
  const sign = icon(severity === "bad" ? "cross" : "warning");
  const where = segment === "" ? [] : [element("strong", {}, segment), ": "];
  const what = element("span", {}, ...where, message);
  return element("li", { "data-severity": severity, "data-code": code }, sign, what);
}

function judge(frame: Frame | undefined, status: Model["status"]): Judgement {
  if (status === "reconnecting") {
    return { mood: "waiting", icon: "again", verdict: "The connection is lost." };
  }
  if (frame === undefined) return { mood: "waiting", icon: "clock", verdict: "Connecting …" };
  const bad = frame.issues.filter(({ severity }) => severity === "bad").length;
  if (bad > 0) {
    const verdict = bad === 1 ? "1 thing is wrong:" : `${count(bad)} things are wrong:`;
    return { mood: "bad", icon: "cross", verdict };
  }
  if (frame.segments.length === 0) {
    return { mood: "waiting", icon: "circle", verdict: "Waiting for the first segment." };
  }
  if (frame.issues.length > 0) {
    return { mood: "warning", icon: "warning", verdict: "Worth a look:" };
  }
  return { mood: "good", icon: "check", verdict: "Nothing is wrong." };
}

function flowText({ total, segments, issues }: Frame): string {
  if (issues.some(({ code }) => code === "unreadable")) return "Shared memory cannot be seen.";
  if (segments.length === 0) return "Nothing lives in shared memory.";
  const perSecond = total.consumed_per_second ?? total.records_per_second;
  if (perSecond === null) return "Measuring …";
  if (perSecond === 0 && !total.records_per_second) return "No records flow.";
  return `${roughly(perSecond)} ${perSecond === 1 ? "record" : "records"} per second.`;
}

function latenessText({ total }: Frame): string {
  if (total.latency === null) return "";
  return `99 % arrive within ${text(duration(total.latency.latency_ns_p99))}.`;
}

function detailText(
  frame: Frame | undefined,
  status: Model["status"],
  heardAtMs: number | undefined,
  directory: string | undefined,
): string {
  if (status === "reconnecting") {
    const since =
      heardAtMs === undefined ? "" : ` These figures are ${ago(Date.now() - heardAtMs)} old.`;
    return `The dashboard's server does not answer; trying again.${since}`;
  }
  if (frame === undefined) return "";
  const participants = frame.segments.flatMap(({ participants }) => participants);
  const processes = new Set(
    participants.filter(({ state }) => state !== "dead").map(({ pid }) => pid),
  );
  const what = [
    countOf(frame.segments.length, "segment"),
    countOf(processes.size, "process", "processes"),
  ];
  return `${what.join(", ")} in ${directory ?? "shared memory"}`;
}
