/**
 * The colours of the style sheet, for the canvas.
 *
 * @module
 */

/** A colour of the style sheet. */
export type ColorName =
  | "--text"
  | "--muted"
  | "--grid"
  | "--bad"
  | `--series-${1 | 2 | 3 | 4 | 5 | 6}`
  | "--series-rest";

const probe: HTMLElement = document.createElement("i");
const known = new Map<ColorName, string>();

/** What a colour is now: a style sheet may say it in ways that a canvas does not understand. */
export function colorOf(name: ColorName): string {
  let color = known.get(name);
  if (color === undefined) {
    if (!probe.isConnected) {
      probe.hidden = true;
      document.body.append(probe);
    }
    probe.style.color = `var(${name})`;
    color = getComputedStyle(probe).color;
    known.set(name, color);
  }
  return color;
}

/** Forgets all colours, because the appearance has changed. */
export function forgetColors(): void {
  known.clear();
}
