/**
 * Makes a web server's log, as large as one likes.
 *
 * @module
 */
import { open } from "node:fs/promises";

/** What is written at a time, over and over. */
const BLOCK_LINES = 40_000;
const PATHS = ["/", "/cart", "/search", "/login", "/api/orders", "/api/prices"] as const;

/**
 * Writes the log.
 *
 * @param path Where.
 * @param bytes How long it becomes.
 * @param signal Ends it early.
 */
export async function writeLog(path: string, bytes: number, signal: AbortSignal): Promise<void> {
  const lines = Array.from({ length: BLOCK_LINES }, (_, line) => lineOf(line));
  const block = Buffer.from(lines.join(""));
  await using file = await open(path, "w");
  for (let written = 0; written < bytes; written += block.length) {
    signal.throwIfAborted();
    const end = block.lastIndexOf("\n", bytes - written) + 1;
    await file.write(block.subarray(0, end));
  }
}

/** `10.0.0.7 2026-01-01T00:00:07Z GET /cart 200 512` */
function lineOf(line: number): string {
  // Multiplied by odd numbers, so that neighbours differ and every run is the same.
  const mixed = Math.imul(line + 1, 0x9e37_79b1) >>> 0;
  const address = `10.0.${mixed % 7}.${mixed % 251}`;
  const time = new Date(Date.UTC(2026, 0, 1) + line * 1000).toISOString();
  const path = PATHS[mixed % PATHS.length];
  const status = mixed % 97 === 0 ? 500 : 200;
  return `${address} ${time} GET ${path} ${status} ${mixed % 4096}\n`;
}
