/**
 * Cells that show more than a text.
 *
 * @module
 */
import { element, setAttribute, setText } from "../dom.ts";
import { NOTHING } from "../format.ts";
import { type IconName, icon, setIcon } from "../icon.ts";

/** How a state looks: never by colour alone. */
const STATES: Readonly<Record<string, readonly [icon: IconName, mood: string]>> = {
  fine: ["check", "good"],
  live: ["check", "good"],
  idle: ["circle", ""],
  kept: ["circle", ""],
  paused: ["pause", "warning"],
  full: ["clock", "warning"],
  behind: ["clock", "warning"],
  unread: ["clock", "warning"],
  "held long": ["lock", "warning"],
  losing: ["warning", "bad"],
  dropping: ["warning", "bad"],
  corrupt: ["warning", "bad"],
  unreachable: ["cross", "bad"],
  waiting: ["clock", "warning"],
  stalled: ["warning", "bad"],
  away: ["clock", "warning"],
  stopped: ["cross", "bad"],
  "left over": ["warning", "warning"],
  abandoned: ["lock", "bad"],
  dead: ["cross", "bad"],
  "dead process": ["cross", "bad"],
  damaged: ["cross", "bad"],
};

const USUAL = ["circle", ""] as const;

/** Fills a cell with a state. */
export function fillState(cell: HTMLTableCellElement, state: string): undefined {
  const [name, mood] = STATES[state] ?? USUAL;
  let chip = cell.firstElementChild;
  if (chip === null) {
    chip = element("span", { class: "mark" }, icon(name), element("span"));
    cell.append(chip);
  }
  setAttribute(chip, "data-mood", mood);
  setIcon(chip.firstElementChild as SVGSVGElement, name);
  setText(chip.lastElementChild as Element, state);
}

/** Fills a cell with a share of 1, as a bar and as a text. */
export function fillMeter(
  cell: HTMLTableCellElement,
  part: number | undefined,
  text: string,
): string | undefined {
  if (part === undefined) return NOTHING;
  let meter = cell.querySelector<HTMLElement>(".meter");
  if (meter === null) {
    meter = element("span", { class: "meter" }, element("i"), element("b"));
    cell.replaceChildren(meter);
  }
  meter.style.setProperty("--part", part.toFixed(3));
  setAttribute(meter, "data-mood", part > 0.8 ? "warning" : "");
  setText(meter.lastElementChild as Element, text);
  return undefined;
}
