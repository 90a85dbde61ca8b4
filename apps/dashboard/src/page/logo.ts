/**
 * The sign of the project: two shores, and the narrow land that joins them.
 *
 * @module
 */
import { drawing } from "./dom.ts";

/** Draws it; decoration beside the name. */
export function logo(): SVGSVGElement {
  return drawing(
    "svg",
    { class: "logo", viewBox: "0 0 24 24", "aria-hidden": "true" },
    drawing("path", { d: "M2 3c7 0 7 6.2 10 6.2S15 3 22 3v18c-7 0-7-6.2-10-6.2S9 21 2 21z" }),
  );
}
