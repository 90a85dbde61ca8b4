/**
 * Small drawings that say the same as a colour does, for those who do not see it.
 *
 * @module
 */
import { drawing } from "./dom.ts";

/** Lines on a square of 16 by 16. */
const PATHS = {
  check: "M3 8.5l3.2 3.2L13 4.8",
  warning: "M8 2.2L14.6 13.6H1.4zM8 6.4v3.4M8 11.6v.2",
  cross: "M4 4l8 8M12 4l-8 8",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  stop: "M4.5 4.5h7v7h-7z",
  play: "M5 3.2l7.5 4.8L5 12.8z",
  circle: "M8 4.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7",
  half: "M8 2.5a5.5 5.5 0 1 1 0 11zM8 2.5a5.5 5.5 0 0 0 0 11",
  plus: "M8 3.5v9M3.5 8h9",
  minus: "M3.5 8h9",
  lock: "M4 7.5h8v5.5H4zM5.7 7.5V5.6a2.3 2.3 0 0 1 4.6 0v1.9",
  again: "M13 8a5 5 0 1 1-1.6-3.7M13 2.6v2.6h-2.6",
  clock: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M8 5v3.2l2 1.3",
} as const;

/** The name of a drawing. */
export type IconName = keyof typeof PATHS;

/** Draws an icon. It is decoration: the text beside it says what it means. */
export function icon(name: IconName): SVGSVGElement {
  const path = drawing("path", { d: PATHS[name] });
  return drawing(
    "svg",
    { class: `icon icon-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    path,
  );
}

/** Makes an icon another one. */
export function setIcon(target: SVGSVGElement, name: IconName): void {
  if (target.classList.contains(`icon-${name}`)) return;
  target.setAttribute("class", `icon icon-${name}`);
  target.firstElementChild?.setAttribute("d", PATHS[name]);
}
