/**
 * The standard output of programs that this process starts.
 *
 * @module
 */
import { fstatSync } from "node:fs";
import { InterruptedError } from "../interrupted-error.ts";

/**
 * Whether the output of programs is to pass through this process. A reader that has gone is learned of by writing only: were
 * the programs to write themselves, each of them would fail, and all jobs would be dead letters soon.
 */
export function isRelayed(): boolean {
  const status = fstatSync(process.stdout.fd);
  return status.isFIFO() || status.isSocket();
}

/** Whether a signal says that the reader of standard output has gone. */
export function isReaderGone({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof InterruptedError && reason.reason === "EPIPE";
}

/** Writes what a program has written, and waits while the reader is behind. */
export async function relay(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (isReaderGone(signal) || process.stdout.write(bytes) || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  process.stdout.once("drain", resolve);
  // A reader that has gone never catches up.
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}
