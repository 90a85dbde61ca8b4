/**
 * Text statistics where lines are too long to be given to threads.
 *
 * @module
 */
import type { ViewSource } from "../../view.ts";
import { newTextStatistics } from "../kernel/fast-text-statistics.ts";
import type { TextSummary } from "../kernel/text-statistics.ts";
import { windows } from "../windows.ts";
import type { ScanOptions } from "./scan.ts";

/** Looks at all of a map on this thread, window by window; the event loop turns after each. */
export async function longText(
  source: ViewSource,
  { signal, onProgress }: ScanOptions,
): Promise<TextSummary> {
  const { capacity: totalBytes } = source;
  const statistics = newTextStatistics();
  for (const { start, bytes } of windows(source, { from: 0, to: totalBytes })) {
    statistics.add(bytes);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    onProgress?.({ doneBytes: start + bytes.length, totalBytes });
  }
  return statistics.finish();
}
