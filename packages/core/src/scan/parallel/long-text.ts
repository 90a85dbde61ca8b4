/**
 * Text statistics of a piece that is one enormous line.
 *
 * @module
 */
import type { ViewSource } from "../../view.ts";
import { newTextStatistics } from "../kernel/fast-text-statistics.ts";
import { windows } from "../windows.ts";
import type { Piece } from "./crew.ts";
import type { TextFound } from "./piece-work.ts";

/** Looks at a piece of any length, window by window; the event loop turns after each. */
export async function longText(source: ViewSource, { from, to }: Piece): Promise<TextFound> {
  const statistics = newTextStatistics();
  for (const { bytes } of windows(source, { from, to })) {
    statistics.add(bytes);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return statistics.finish();
}
