/**
 * A slider that knows only certain values.
 *
 * @module
 */
import { element, setText } from "./dom.ts";

/** A labelled slider. */
export class StepSlider {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #output: HTMLElement;
  readonly #values: readonly number[];
  readonly #format: (value: number) => string;

  /**
   * @param id Of the input.
   * @param label What it is for.
   * @param values What can be chosen, from left to right.
   * @param format How a value reads.
   */
  constructor(
    id: string,
    label: string,
    values: readonly number[],
    format: (value: number) => string,
  ) {
    this.#values = values;
    this.#format = format;
    const last = String(values.length - 1);
    this.#input = element("input", { type: "range", id, min: "0", max: last, step: "1" });
    this.#output = element("output", { for: id });
    this.#input.addEventListener("input", () => this.#show());
    this.element = element(
      "div",
      { class: "slider" },
      element("label", { for: id }, label),
      this.#output,
      this.#input,
    );
    this.#show();
  }

  get value(): number {
    return this.#values[Number(this.#input.value)] ?? 0;
  }

  set value(value: number) {
    const index = this.#values.indexOf(value);
    if (index < 0) return;
    this.#input.value = String(index);
    this.#show();
  }

  /** Calls back when a person has chosen, not while they are choosing. */
  listen(listener: () => void): void {
    this.#input.addEventListener("change", listener);
  }

  #show(): void {
    const text = this.#format(this.value);
    setText(this.#output, text);
    this.#input.setAttribute("aria-valuetext", text);
  }
}
