/**
 * The figures of one segment as its tiles tell them.
 *
 * @module
 */
import type { SegmentFrame } from "../wire/frame.ts";
import { tableKeyOf } from "./figures.ts";
import { byteRate, count, perSecond, type Quantity, rate, share, size, text } from "./format.ts";
import type { TileContent } from "./tile-contents.ts";

/** A text where a number is usual. */
export function word(value: string): Quantity {
  return { value, unit: "" };
}

/** The figures of a table, by their names in it. */
export class TileFigures {
  readonly #segment: SegmentFrame;
  readonly #table: string;

  /** @param table What their ids begin with: `cache.segment`. */
  constructor(segment: SegmentFrame, table: string) {
    this.#segment = segment;
    this.#table = table;
  }

  value(name: string): number {
    return this.#segment.figures[`${this.#table}.${name}`] ?? 0;
  }

  /** How fast it grows; undefined before the second look. */
  growth(name: string): number | undefined {
    return this.#segment.rates[`${this.#table}.${name}`];
  }

  /** How many there are. */
  level(name: string): Quantity {
    return word(count(this.value(name)));
  }

  /** How many a second. */
  speed(name: string): Quantity | undefined {
    const growth = this.growth(name);
    return growth === undefined ? undefined : perSecond(rate(growth));
  }

  /** The same, as it is told in a note. */
  pace(name: string): string {
    return text(perSecond(rate(this.growth(name) ?? 0)));
  }

  /** How many bytes a second, as it is told in a note. */
  byteSpeed(name: string): string {
    const growth = this.growth(name);
    return growth === undefined ? "" : text(byteRate(growth));
  }

  /** The figure of the history. */
  key(name: string): string {
    return tableKeyOf(this.#segment.name, `${this.#table}.${name}`);
  }

  /** A tile whose shape is that of a figure. */
  tile(
    id: string,
    title: string,
    figure: string,
    quantity: Quantity | undefined,
    note: string,
    mood?: TileContent["mood"],
  ): TileContent {
    return { id, title, quantity, note, mood, key: this.key(figure) };
  }

  /** How much of its memory is in use, and whether something has to go for want of it. */
  fillTile(mood: TileContent["mood"]): TileContent {
    const room = `of ${text(size(this.value("capacityBytes")))}`;
    const isEvicting = (this.growth("evictions") ?? 0) > 0;
    const part = share(this.value("bytes") / Math.max(1, this.value("capacityBytes")));
    const note = isEvicting ? `${room}, ${this.pace("evictions")} evicted` : room;
    return this.tile("memory", "Memory", "bytes", part, note, isEvicting ? mood : undefined);
  }
}
