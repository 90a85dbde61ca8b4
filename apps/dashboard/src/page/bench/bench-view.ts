/**
 * What the benchmark found: each claim against its target, and what was measured for it.
 *
 * @module
 */
import type { BenchResults } from "@isthmus/bench/results";
import { element } from "../dom.ts";
import { countOf, dateAndTime, size, text } from "../format.ts";
import { icon } from "../icon.ts";
import type { Model } from "../model.ts";
import type { PageView } from "../page-view.ts";
import type { View } from "../view-state.ts";
import { caseSections } from "./case-list.ts";
import { claimSections } from "./claim-list.ts";
import { contents } from "./contents.ts";
import { Reasons } from "./reasons.ts";

/** The page of results. Fetched whenever a person goes there. */
export class BenchView implements PageView {
  readonly element: HTMLElement = element("div", { id: "benchmark" });
  #isShown = false;
  #command = "isthmus";

  render({ hello }: Model, view: View): void {
    this.#command = hello?.command_name ?? this.#command;
    const isShown = view.page === "benchmark";
    if (isShown && !this.#isShown) void this.#load();
    this.#isShown = isShown;
  }

  async #load(): Promise<void> {
    try {
      const response = await fetch("/api/bench");
      if (!response.ok) throw new Error((await response.text()).trim());
      const results = (await response.json()) as BenchResults | null;
      this.element.replaceChildren(
        ...(results === null ? noResults(this.#command) : allOf(results)),
      );
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const hint = element("p", { class: "hint" }, `The results could not be fetched: ${why}`);
      this.element.replaceChildren(element("section", { class: "card nothing" }, hint));
    }
  }
}

function noResults(command: string): HTMLElement[] {
  return [
    element(
      "section",
      { class: "card nothing" },
      element("h1", {}, "Nothing has been measured here yet."),
      element(
        "p",
        { class: "hint" },
        "Run ",
        element("code", {}, `${command} benchmark --quick`),
        " in the folder from which the dashboard was started, and come back to this page.",
      ),
    ),
  ];
}

/** Claims first, then why some are not sure, then all that was measured, folded. */
function allOf(results: BenchResults): HTMLElement[] {
  const reasons = new Reasons();
  const claims = claimSections(results, reasons);
  const cases = caseSections(results, reasons);
  const machine = about(results, reasons);
  const sections = [...claims, ...reasons.section(), ...cases, machine];
  return [summary(results), contents(sections), ...sections];
}

function summary({ claims, started_at, parameters, warnings }: BenchResults): HTMLElement {
  const judged = claims.filter(({ target }) => target !== undefined);
  const holding = judged.filter(({ verdict }) => verdict === "holds").length;
  const isAll = judged.length > 0 && holding === judged.length;
  const unsure = judged.filter(({ verdict }) => verdict === "uncertain").length;
  const sentence =
    judged.length === 0
      ? "No claim was measured."
      : `${holding} of ${countOf(judged.length, "claim")} ${judged.length === 1 ? "holds" : "hold"}` +
        `${unsure > 0 ? `, ${unsure} ${unsure === 1 ? "is" : "are"} uncertain` : ""}.`;
  const when = `Measured ${dateAndTime(started_at)}, ${countOf(parameters.rounds, "round")}, ${parameters.mode} mode`;
  return element(
    "section",
    { id: "bench-summary", class: "summary", "data-mood": isAll ? "good" : "warning" },
    element("span", { class: "badge" }, icon(isAll ? "check" : "warning")),
    element(
      "div",
      { class: "words" },
      element("h1", {}, sentence),
      element("p", { class: "detail" }, when),
      ...warningList(warnings),
    ),
  );
}

/** What makes the whole run less sure. */
function warningList(warnings: readonly string[]): HTMLElement[] {
  if (warnings.length === 0) return [];
  const items = warnings.map((warning) =>
    element("li", {}, icon("warning"), element("span", {}, warning)),
  );
  return [element("ul", { class: "issues" }, ...items)];
}

function about({ machine, peers_skipped }: BenchResults, reasons: Reasons): HTMLElement {
  const facts: readonly (readonly [string, string])[] = [
    ["Processor", `${machine.cpu}, ${countOf(machine.cpu_count, "CPU")}`],
    ["Memory", text(size(machine.memory_bytes))],
    ["System", `${machine.os} ${machine.kernel}, ${machine.arch}`],
    ["Runtime", `Bun ${machine.bun}, Isthmus ${machine.isthmus}`],
    ["Files on", machine.file_system_type],
    ["Load before", machine.load_average_1min_before.toFixed(2)],
    ...peers_skipped.map(
      ({ peer, reason }) => [`Without ${peer}`, reasons.signOf(reason)] as const,
    ),
  ];
  const list = facts.flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, value),
  ]);
  return element(
    "section",
    { class: "card" },
    element("h2", { tabindex: "-1" }, "Machine"),
    element("dl", { class: "facts" }, ...list),
  );
}
