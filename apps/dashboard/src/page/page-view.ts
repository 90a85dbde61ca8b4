/**
 * A part of the page.
 *
 * @module
 */
import type { Model } from "./model.ts";
import type { View } from "./view-state.ts";

/** Something that shows what there is. */
export interface PageView {
  readonly element: HTMLElement;
  /** Shows the model as it is now, in the view that was chosen. */
  render(model: Model, view: View): void;
}
