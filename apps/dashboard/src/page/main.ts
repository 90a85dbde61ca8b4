/**
 * The dashboard's page.
 *
 * @module
 */
import { BenchView } from "./bench/bench-view.ts";
import { forgetColors } from "./charts/colors.ts";
import { Connection } from "./connection.ts";
import { element, setShown } from "./dom.ts";
import { Header } from "./header.ts";
import { LivePage } from "./live-page.ts";
import { Model } from "./model.ts";
import { type View, ViewState } from "./view-state.ts";

/** What says "3 s ago" is shown anew so often, also when nothing comes. */
const IDLE_MS = 1000;

const state = new ViewState();
const header = new Header(state);
const live = new LivePage(state);
const bench = new BenchView();
let isScheduled = false;
const model = new Model(schedule);

applyTheme(state.current);
const content = element("main", { id: "content", tabindex: "-1" }, live.element, bench.element);
document.body.append(skipLink(), header.element, content, footer());
new Connection(model);
state.listen(onView);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolor);
setInterval(schedule, IDLE_MS);
schedule();

/** Shows everything with the next picture, however much has come in between. */
function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    render();
  });
}

function render(): void {
  const view = state.current;
  header.render(model, view);
  setShown(live.element, view.page === "live");
  setShown(bench.element, view.page === "benchmark");
  if (view.page === "live") live.render(model, view);
  bench.render(model, view);
}

function onView(view: View, before: View): void {
  applyTheme(view);
  if (view.theme !== before.theme) recolor();
  // Who chooses something wants to see it at once, also while it is paused.
  else if (view.isPaused === before.isPaused) live.refresh();
  schedule();
}

function recolor(): void {
  forgetColors();
  live.recolor();
  schedule();
}

function applyTheme({ theme }: View): void {
  document.documentElement.dataset["theme"] = theme;
}

function skipLink(): HTMLElement {
  const link = element("a", { class: "skip", href: "#content" }, "To the content");
  link.addEventListener("click", (event) => {
    // The address holds the view: it must not become "#content".
    event.preventDefault();
    content.focus();
  });
  return link;
}

function footer(): HTMLElement {
  const links = ["/api/snapshot", "/api/bench", "/metrics", "/healthz"].map((href) =>
    element("a", { href }, href),
  );
  const hint = element("span", {}, "Space pauses. The address holds the view.");
  return element("footer", {}, hint, element("nav", { "aria-label": "For programs" }, ...links));
}
