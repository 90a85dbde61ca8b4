/**
 * The page of what flows now: its parts, and which of them are there.
 *
 * @module
 */

import type { Frame } from "../wire/frame.ts";
import { ChartCard } from "./charts/chart-card.ts";
import { CHART_KINDS, chartsOf } from "./charts/chart-kinds.ts";
import { nextToDraw } from "./charts/drawing-order.ts";
import { DemonstrationPanel } from "./demonstration-panel.ts";
import { DetailPanel } from "./detail-panel.ts";
import { element, setShown, setText } from "./dom.ts";
import { EventLogView } from "./event-log-view.ts";
import { figuresOf } from "./figures.ts";
import { icon } from "./icon.ts";
import { segmentTitle } from "./kind-words.ts";
import type { Model } from "./model.ts";
import type { PageView } from "./page-view.ts";
import { ProcessTable } from "./tables/process-table.ts";
import { SegmentTable } from "./tables/segment-table.ts";
import { Tiles } from "./tiles.ts";
import { Verdict } from "./verdict.ts";
import type { View, ViewState } from "./view-state.ts";

/** Nobody reads figures that change more often; all that are told are those of one look. */
const TOLD_MS = 450;

/** The page of what flows now. */
export class LivePage implements PageView {
  readonly element: HTMLElement;
  readonly #verdict = new Verdict();
  readonly #charts = CHART_KINDS.map((kind) => ({ kind, card: new ChartCard(kind) }));
  readonly #demonstration = new DemonstrationPanel();
  readonly #told: readonly PageView[];
  readonly #log = new EventLogView();
  readonly #scope = element("p", { id: "scope" });
  readonly #scopeText = element("span");
  readonly #main: HTMLElement;
  readonly #commands = element("pre");
  readonly #welcome = welcome(() => this.#demonstration.start(), this.#commands);
  readonly #blind = element(
    "section",
    { class: "card welcome" },
    element("h2", {}, "Nothing can be shown"),
    element(
      "p",
      {},
      "The line above says why. This page goes on by itself as soon as that is put right.",
    ),
  );
  readonly #chartsPlace: HTMLElement;
  #hasStarted = false;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #toldStatus: Model["status"] | undefined;
  #nextChart: number | undefined;

  constructor(state: ViewState) {
    const tiles = new Tiles();
    const detail = new DetailPanel();
    const segments = new SegmentTable(state);
    const processes = new ProcessTable();
    this.#told = [tiles, detail, segments, processes];
    const back = element("button", { type: "button", class: "quiet" }, "Show all");
    back.addEventListener("click", () => state.change({ scope: "" }));
    this.#scope.append(this.#scopeText, back);
    this.#chartsPlace = element(
      "div",
      { class: "charts" },
      ...this.#charts.map(({ card }) => card.element),
    );
    this.#main = element(
      "div",
      { class: "main" },
      tiles.element,
      detail.element,
      this.#chartsPlace,
      segments.element,
      processes.element,
    );
    const aside = element(
      "aside",
      { "aria-label": "Demonstration and events" },
      this.#demonstration.element,
      this.#log.element,
    );
    const columns = element(
      "div",
      { class: "columns" },
      this.#main,
      this.#welcome,
      this.#blind,
      aside,
    );
    this.element = element("div", { id: "live" }, this.#verdict.element, this.#scope, columns);
  }

  render(model: Model, view: View): void {
    this.#demonstration.render(model);
    const isFrozen = view.isPaused && this.#hasStarted;
    this.#renderFrame(model, view);
    if (isFrozen && model.status !== "live") this.#verdict.render(model, view);
    if (isFrozen) return;
    const isTold = this.#isToldAnew(model);
    if (isTold) this.#verdict.render(model, view);
    if (model.frame === undefined) return;
    this.#hasStarted = true;
    this.#log.render(model, view);
    this.#drawCharts(model, view);
    if (isTold) this.#tell(model, model.frame, view);
  }

  /** Shows everything anew, because the view has changed. */
  refresh(): void {
    this.#hasStarted = false;
    this.#toldAtMs = Number.NEGATIVE_INFINITY;
    for (const { card } of this.#charts) card.invalidate();
  }

  /** Shows everything anew, because the colours have changed. */
  recolor(): void {
    this.refresh();
    for (const { card } of this.#charts) card.recolor();
  }

  /** Whether it is time to say what is now; that the connection is lost, or back, cannot wait. */
  #isToldAnew({ status, frame }: Model): boolean {
    const nowMs = performance.now();
    const isDue = nowMs - this.#toldAtMs >= TOLD_MS || status !== this.#toldStatus;
    if (!isDue) return false;
    this.#toldStatus = status;
    if (frame !== undefined) this.#toldAtMs = nowMs;
    return true;
  }

  /** Says everything of one look at once, so that the same figure has one value wherever it stands. */
  #tell(model: Model, frame: Frame, view: View): void {
    for (const part of this.#told) part.render(model, view);
    const now = new Map(figuresOf(frame).map(({ key, value }) => [key, value]));
    for (const { card } of this.#charts) card.tell(now);
  }

  /** One chart a picture: all of them at once would make it late. */
  #drawCharts(model: Model, view: View): void {
    const nowMs = performance.now();
    const shown = chartsOf(model, view.scope);
    for (const { kind, card } of this.#charts) setShown(card.element, shown.has(kind));
    setShown(this.#chartsPlace, shown.size > 0);
    const due = this.#charts.flatMap(({ kind, card }) =>
      shown.has(kind) && card.isDue(nowMs, view) ? [card] : [],
    );
    nextToDraw(due)?.render(model, view);
    if (due.length < 2 || this.#nextChart !== undefined) return;
    this.#nextChart = requestAnimationFrame(() => {
      this.#nextChart = undefined;
      this.#drawCharts(model, view);
    });
  }

  #renderFrame(model: Model, view: View): void {
    const isEmpty = model.frame !== undefined && model.frame.segments.length === 0;
    // What has been seen stays: an empty page would take the charts away with the last segment.
    const isUsual = model.log.length === 0 && view.scope === "";
    const isBlind = model.frame?.issues.some(({ code }) => code === "unreadable") === true;
    const isNothing = isEmpty && isUsual && !isBlind;
    setShown(this.#main, !isNothing && !isBlind && model.frame !== undefined);
    setShown(this.#blind, isBlind);
    setShown(this.#welcome, isNothing);
    setText(this.#commands, commandsOf(model.hello?.command_name ?? "isthmus"));
    const segment = model.segment(view.scope);
    const title = segment === undefined ? view.scope : segmentTitle(segment);
    const isGone = view.scope !== "" && segment === undefined;
    setText(this.#scopeText, `Only ${title}${isGone ? ", which is not there at the moment" : ""}`);
    setShown(this.#scope, view.scope !== "");
    document.documentElement.classList.toggle("is-stale", model.status === "reconnecting");
  }
}

function commandsOf(name: string): string {
  return [
    `${name} consumer --channel orders --latency`,
    `${name} producer --channel orders --latency --count 0 --rate 5000`,
  ].join("\n");
}

function welcome(start: () => void, commands: HTMLElement): HTMLElement {
  const button = element("button", { type: "button", class: "primary", id: "welcome-start" });
  button.append(icon("play"), "Start the demonstration");
  button.addEventListener("click", start);
  return element(
    "section",
    { class: "card welcome" },
    element("h2", {}, "Nothing to watch yet"),
    element(
      "p",
      {},
      "Start the demonstration, and this page shows what flows between its two processes: how many " +
        "records, how late they are, and whether anything is wrong.",
    ),
    button,
    element(
      "p",
      { class: "hint" },
      "Or run these in two terminals. Whatever uses shared memory appears here by itself.",
    ),
    commands,
  );
}
