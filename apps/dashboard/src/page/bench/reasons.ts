/**
 * Why claims are not sure and cases were not measured: each reason once, with a number that stands wherever it holds.
 *
 * @module
 */
import { element } from "../dom.ts";

/** Reasons in the order in which they were met. */
export class Reasons {
  readonly #numbers = new Map<string, number>();

  /** The sign of a reason; nothing without one. */
  signOf(reason: string | undefined): string {
    if (!reason) return "";
    const number = this.#numbers.get(reason) ?? this.#numbers.size + 1;
    this.#numbers.set(reason, number);
    return `see note ${number}`;
  }

  /** All reasons that were met, each with its number. */
  section(): HTMLElement[] {
    if (this.#numbers.size === 0) return [];
    const notes = Array.from(this.#numbers, ([reason, number]) =>
      element("li", { value: String(number), "data-note": String(number) }, reason),
    );
    return [
      element(
        "section",
        { class: "card", id: "bench-notes" },
        element("h2", { tabindex: "-1" }, "Notes"),
        element("ol", { class: "notes" }, ...notes),
      ),
    ];
  }
}
