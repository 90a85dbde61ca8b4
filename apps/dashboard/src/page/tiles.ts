/**
 * The few figures that say how things are.
 *
 * @module
 */
import { element, setAttribute, setShown, setText } from "./dom.ts";
import { NOTHING } from "./format.ts";
import type { Model } from "./model.ts";
import type { PageView } from "./page-view.ts";
import { Sparkline } from "./sparkline.ts";
import { type TileContent, tileContents } from "./tile-contents.ts";
import type { View } from "./view-state.ts";

/** The row of tiles. */
export class Tiles implements PageView {
  readonly element: HTMLElement = element("section", {
    id: "tiles",
    "aria-label": "Figures of now",
  });
  readonly #tiles = new Map<string, Tile>();

  render(model: Model, view: View): void {
    if (model.frame === undefined) return;
    const contents = tileContents(model.frame, view.scope, model.hello?.figures);
    const tiles = contents.map((content) => {
      const tile = this.#tiles.get(content.id) ?? new Tile(content);
      this.#tiles.set(content.id, tile);
      tile.render(content, model, view);
      return tile.element;
    });
    const isSame =
      tiles.length === this.element.children.length &&
      tiles.every((tile, index) => this.element.children[index] === tile);
    if (!isSame) this.element.replaceChildren(...tiles);
    setShown(this.element, tiles.length > 0);
  }
}

class Tile {
  readonly element: HTMLElement;
  readonly #value = element("span", { class: "value" });
  readonly #unit = element("span", { class: "unit" });
  readonly #note = element("p", { class: "note" });
  readonly #sparkline = new Sparkline();

  constructor({ id, title, help }: TileContent) {
    this.element = element(
      "article",
      { class: "tile card", id: `tile-${id}`, ...(help === undefined ? {} : { title: help }) },
      element("h2", {}, title),
      element("p", { class: "figure" }, this.#value, this.#unit),
      this.#note,
      this.#sparkline.element,
    );
  }

  render({ quantity, note, mood, key }: TileContent, { history, frame }: Model, view: View): void {
    setText(this.#value, quantity?.value ?? NOTHING);
    setText(this.#unit, quantity?.unit ?? "");
    setText(this.#note, note);
    setAttribute(this.element, "data-mood", mood ?? "");
    const tier = history.of(view.windowSeconds);
    const to = (frame?.sampled_at_ms ?? 0) / 1000;
    const range = { from: to - view.windowSeconds, to };
    this.#sparkline.render(tier.times(), tier.values(key), range);
  }
}
