/**
 * What a person has chosen to see. The address holds all of it, so that a reload, a bookmark and a colleague find the
 * same view.
 *
 * @module
 */

/** The windows that charts can show, in seconds, with their names. */
export const WINDOWS = { 30: "30 s", 300: "5 min", 3600: "1 h" } as const;

/** A window in seconds. */
export type WindowSeconds = keyof typeof WINDOWS;

/** The two pages. */
export const PAGES = ["live", "benchmark"] as const;

/** The appearances. */
export const THEMES = ["auto", "light", "dark"] as const;

/** What can be chosen. */
export interface View {
  readonly page: (typeof PAGES)[number];
  /** The name of the segment that tiles and charts are about; empty: all. */
  readonly scope: string;
  readonly windowSeconds: WindowSeconds;
  readonly isPaused: boolean;
  readonly theme: (typeof THEMES)[number];
  /** The column by which segments are sorted; with a `-` in front: the greatest first. */
  readonly sort: string;
  /** What names of segments must contain to be listed. */
  readonly filter: string;
}

const DEFAULTS: View = {
  page: "live",
  scope: "",
  windowSeconds: 30,
  isPaused: false,
  theme: "auto",
  sort: "name",
  filter: "",
};

/** Is told of every change. */
export type ViewListener = (view: View, before: View) => void;

/** The view of this page, kept in its address. */
export class ViewState {
  readonly #listeners: ViewListener[] = [];
  #current: View = parse(location.hash);

  constructor() {
    addEventListener("hashchange", () => this.#become(parse(location.hash)));
  }

  get current(): View {
    return this.#current;
  }

  /** Calls back after every change. */
  listen(listener: ViewListener): void {
    this.#listeners.push(listener);
  }

  /** Changes some of it. */
  change(some: Partial<View>): void {
    const next = { ...this.#current, ...some };
    history.replaceState(null, "", addressOf(next));
    this.#become(next);
  }

  #become(next: View): void {
    const before = this.#current;
    this.#current = next;
    for (const listener of this.#listeners) listener(next, before);
  }
}

/** The address of a view: what is as usual is not in it. */
export function addressOf(view: View): string {
  const parameters = new URLSearchParams();
  if (view.page !== DEFAULTS.page) parameters.set("view", view.page);
  if (view.scope !== "") parameters.set("segment", view.scope);
  if (view.windowSeconds !== DEFAULTS.windowSeconds) {
    parameters.set("window", String(view.windowSeconds));
  }
  if (view.isPaused) parameters.set("paused", "1");
  if (view.theme !== DEFAULTS.theme) parameters.set("theme", view.theme);
  if (view.sort !== DEFAULTS.sort) parameters.set("sort", view.sort);
  if (view.filter !== "") parameters.set("filter", view.filter);
  return `#${parameters}`;
}

/** Reads an address; what cannot be understood is as usual. */
export function parse(hash: string): View {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const get = (name: string): string => parameters.get(name) ?? "";
  const seconds = Number(get("window"));
  return {
    page: PAGES.find((page) => page === get("view")) ?? DEFAULTS.page,
    scope: get("segment"),
    windowSeconds: seconds in WINDOWS ? (seconds as WindowSeconds) : DEFAULTS.windowSeconds,
    isPaused: get("paused") === "1",
    theme: THEMES.find((theme) => theme === get("theme")) ?? DEFAULTS.theme,
    sort: get("sort") || DEFAULTS.sort,
    filter: get("filter"),
  };
}
