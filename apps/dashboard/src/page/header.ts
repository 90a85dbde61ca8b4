/**
 * The line at the top: where one is, whether figures come, and what is shown of them.
 *
 * @module
 */
import { element, setAttribute, setShown, setText } from "./dom.ts";
import { ago } from "./format.ts";
import { type IconName, icon, setIcon } from "./icon.ts";
import { logo } from "./logo.ts";
import type { Model } from "./model.ts";
import type { PageView } from "./page-view.ts";
import {
  addressOf,
  PAGES,
  THEMES,
  type View,
  type ViewState,
  WINDOWS,
  type WindowSeconds,
} from "./view-state.ts";

const PAGE_NAMES = { live: "Live", benchmark: "Benchmark" } as const;
const THEME_NAMES = { auto: "as the system", light: "light", dark: "dark" } as const;
const FOCUSABLE = "button, input, select, textarea, summary, a, [tabindex='0']";

/** The header. */
export class Header implements PageView {
  readonly element: HTMLElement;
  readonly #state: ViewState;
  readonly #links = PAGES.map((page) => ({ page, link: element("a", {}, PAGE_NAMES[page]) }));
  readonly #chipIcon = icon("circle");
  readonly #chipText = element("span");
  readonly #chip = element(
    "p",
    { class: "chip", id: "connection" },
    this.#chipIcon,
    this.#chipText,
  );
  readonly #windows: readonly {
    readonly seconds: WindowSeconds;
    readonly button: HTMLButtonElement;
  }[];
  readonly #pauseIcon = icon("pause");
  readonly #pauseText = element("span");
  readonly #pause: HTMLButtonElement;
  readonly #theme: HTMLButtonElement;
  readonly #controls: HTMLElement;

  constructor(state: ViewState) {
    this.#state = state;
    this.#windows = Object.entries(WINDOWS).map(([key, name]) => {
      const seconds = Number(key) as WindowSeconds;
      const button = element("button", { type: "button" }, name);
      button.addEventListener("click", () => state.change({ windowSeconds: seconds }));
      return { seconds, button };
    });
    this.#pause = element(
      "button",
      { type: "button", class: "quiet", id: "pause" },
      this.#pauseIcon,
      this.#pauseText,
    );
    this.#pause.addEventListener("click", () => this.#togglePause());
    this.#theme = element(
      "button",
      { type: "button", class: "quiet square", id: "theme" },
      icon("half"),
    );
    this.#theme.addEventListener("click", () => this.#nextTheme());
    window.addEventListener("keydown", (event) => this.#onKey(event));
    this.#controls = element(
      "div",
      { class: "controls" },
      element(
        "div",
        { class: "segmented", role: "group", "aria-label": "Window of the charts" },
        ...this.#windows.map(({ button }) => button),
      ),
      this.#pause,
    );
    this.element = element(
      "header",
      {},
      element("a", { class: "brand", href: "#" }, logo(), "Isthmus"),
      element("nav", { "aria-label": "Pages" }, ...this.#links.map(({ link }) => link)),
      this.#chip,
      this.#controls,
      this.#theme,
    );
  }

  render(model: Model, view: View): void {
    for (const { page, link } of this.#links) {
      setAttribute(link, "href", addressOf({ ...view, page }));
      if (page === view.page) setAttribute(link, "aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    for (const { seconds, button } of this.#windows) {
      setAttribute(button, "aria-pressed", String(seconds === view.windowSeconds));
    }
    setShown(this.#controls, view.page === "live");
    setIcon(this.#pauseIcon, view.isPaused ? "play" : "pause");
    setText(this.#pauseText, view.isPaused ? "Go on" : "Pause");
    setAttribute(this.#theme, "aria-label", `Appearance: ${THEME_NAMES[view.theme]}`);
    setAttribute(this.#theme, "title", `Appearance: ${THEME_NAMES[view.theme]}`);
    this.#renderChip(model, view);
  }

  #renderChip(model: Model, view: View): void {
    const [state, name, text] = chipOf(model, view);
    setAttribute(this.#chip, "data-state", state);
    setIcon(this.#chipIcon, name);
    setText(this.#chipText, text);
  }

  #togglePause(): void {
    this.#state.change({ isPaused: !this.#state.current.isPaused });
  }

  #nextTheme(): void {
    const next = (THEMES.indexOf(this.#state.current.theme) + 1) % THEMES.length;
    this.#state.change({ theme: THEMES[next] ?? "auto" });
  }

  /** The space bar pauses, unless it belongs to what has the focus. */
  #onKey(event: KeyboardEvent): void {
    const isElsewhere = event.target instanceof Element && event.target.closest(FOCUSABLE);
    if (event.key !== " " || isElsewhere || this.#state.current.page !== "live") return;
    event.preventDefault();
    this.#togglePause();
  }
}

function chipOf(model: Model, view: View): readonly [state: string, icon: IconName, text: string] {
  if (model.status === "connecting") return ["waiting", "clock", "Connecting"];
  if (model.status === "reconnecting") {
    const silentMs = model.heardAtMs === undefined ? 0 : Date.now() - model.heardAtMs;
    return ["bad", "again", silentMs < 1000 ? "Reconnecting" : `Reconnecting, ${ago(silentMs)}`];
  }
  if (view.isPaused && view.page === "live") return ["waiting", "pause", "Paused"];
  return ["good", "circle", "Live"];
}
