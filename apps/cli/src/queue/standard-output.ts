/**
 * The standard output of programs that this process starts.
 *
 * @module
 */
import { fstatSync } from "node:fs";

/**
 * Whether the output of programs is to pass through this process. A reader that has gone is learned of by writing only: were
 * the programs to write themselves, each of them would fail, and all jobs would be dead letters soon.
 */
export function isRelayed(): boolean {
  const status = fstatSync(process.stdout.fd);
  return status.isFIFO() || status.isSocket();
}

/** Writes what a program has written, and waits while the reader is behind. */
export async function relay(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (signal.aborted || process.stdout.write(bytes)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  process.stdout.once("drain", resolve);
  // A reader that has gone never catches up.
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}
