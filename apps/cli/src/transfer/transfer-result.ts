/**
 * What came of a transfer, for either end of it.
 *
 * @module
 */
import {
  formatCount,
  formatDuration,
  formatFrequency,
  formatRate,
  formatSize,
} from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";

/** The figures of one end. */
export interface TransferResult {
  readonly role: "producer" | "consumer";
  readonly channel: string;
  /** Records that reached the other end. */
  readonly messages: number;
  /** Their bytes, headers included. */
  readonly bytes: number;
  /**
   * From the first record to the last, without the time for which nobody was at the other end. For a producer the
   * last one has been sent then, for a consumer taken.
   */
  readonly elapsedMs: number;
  readonly lost: number;
  readonly corrupt: number;
}

/** A result, and why the transfer ended before its time, if it did. */
export interface TransferOutcome {
  readonly result: TransferResult;
  /** What the command has to throw once it has printed the result. */
  readonly failure: unknown;
  /** Whether less was done than was asked for, although nothing was thrown. */
  readonly isIncomplete: boolean;
}

/** The public record; its fields are a contract. */
export function recordOf(result: TransferResult): Readonly<Record<string, unknown>> {
  const { role, channel, messages, bytes, elapsedMs, lost, corrupt } = result;
  return {
    role,
    channel,
    messages,
    bytes,
    elapsed_ms: Math.round(elapsedMs * 1000) / 1000,
    messages_per_second: Math.round(perSecond(messages, elapsedMs)),
    lost,
    corrupt,
  };
}

/**
 * Formats a result for a person.
 *
 * @param result The figures.
 * @param style The colours of stdout.
 * @returns The text, ending in a newline.
 */
export function formatResult(result: TransferResult, style: Style): string {
  const { role, channel, messages, bytes, elapsedMs, lost, corrupt } = result;
  const bad = (count: number): string =>
    count === 0 ? style.green("0") : style.red(formatCount(count));
  const rows = [
    ["messages", formatCount(messages), formatSize(bytes)],
    ["elapsed", formatDuration(elapsedMs), formatTransferRate(messages, bytes, elapsedMs)],
    ["lost", bad(lost)],
    ["corrupt", bad(corrupt)],
  ];
  const lines = formatTable(rows, ["left", "right"], style.columns - 2).map((line) => `  ${line}`);
  return [style.bold(`${role} of ${printable(channel)}`), ...lines, ""].join("\n");
}

/** A rate in messages and in bytes: `14.1 M messages/s, 860 MiB/s`. */
export function formatTransferRate(messages: number, bytes: number, elapsedMs: number): string {
  const count = formatFrequency(perSecond(messages, elapsedMs));
  return `${count} messages/s, ${formatRate(perSecond(bytes, elapsedMs))}`;
}

/** 0 for what took no time: there is no rate of a single record. */
function perSecond(count: number, elapsedMs: number): number {
  return elapsedMs === 0 ? 0 : (count / elapsedMs) * 1000;
}
