/**
 * Records as they are printed.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import type { RecordTail, TailedRecord } from "@isthmus/ipc";
import { formatCount } from "../output/format.ts";
import { hexDump } from "../output/hex-dump.ts";
import { jsonValue } from "../output/json-value.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { fieldsText } from "../output/value-text.ts";

/** Bytes of a record that has no text which are printed on its line. */
const HEX_BYTES = 64;

/** Refuses what is no UTF-8, and leaves a byte order mark as it is. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a terminal shows as it is. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cn}\p{Co}]/u;

/**
 * Formats a record as a person reads it.
 *
 * @param record The record.
 * @param value Its value, where its fields have names.
 * @param isHex Whether to dump its bytes as `hexdump -C` does.
 * @param style The colours of stdout.
 * @returns One line, or several for a dump, ending in a newline.
 */
export function formatRecord(
  record: TailedRecord,
  value: unknown,
  isHex: boolean,
  style: Style,
): string {
  const { lengthBytes, bytes, part } = record;
  const place = style.dim(`${placeText(record)} ${formatCount(lengthBytes)} B`);
  const head = part === "error" ? style.red(place) : place;
  if (isHex) {
    const read = (offset: number, length: number): Uint8Array =>
      bytes.subarray(offset, offset + length);
    return `${[head, ...hexDump(read, 0, bytes.length)].join("\n")}\n`;
  }
  return `${head}  ${recordText(record, value, style)}\n`;
}

/**
 * What is in a record, on one line: its fields, its text, or its bytes.
 *
 * @param record The record, perhaps only its beginning.
 * @param value Its value, where its fields have names.
 * @param style The colours of stdout.
 */
export function recordText(
  { lengthBytes, bytes }: Pick<TailedRecord, "lengthBytes" | "bytes">,
  value: unknown,
  style: Style,
): string {
  if (typeof value === "object" && value !== null) return fieldsText(value, style);
  const text = textOf(bytes) ?? hexOf(bytes);
  const rest = lengthBytes - bytes.length;
  return `${text}${rest > 0 ? style.dim(` … ${formatCount(rest)} more bytes`) : ""}`;
}

/** Where a record passed, and as what. */
function placeText({ lane, position, part, requestNumber, priority }: TailedRecord): string {
  if (part === "job") return `job ${position} priority ${priority}`;
  return `${lane}:${position}${part === "record" ? "" : ` ${part} ${requestNumber}`}`;
}

/**
 * The public record of `tail --json`; its fields are a contract.
 *
 * @param channel The name of the channel, or whatever it is.
 * @param record The record, with all its bytes.
 * @param value Its value, where it is known.
 * @returns A plain object: `record` holds the value, `data_base64` the bytes where there is none.
 */
export function tailRecord(
  channel: string,
  { lane, position, lengthBytes, bytes, part, requestNumber, priority }: TailedRecord,
  value: unknown,
): Readonly<Record<string, unknown>> {
  const message = part === "record" ? {} : { part, request: requestNumber };
  const head =
    part === "job"
      ? { queue: channel, id: position, priority, bytes: lengthBytes }
      : { channel, lane, position, ...message, bytes: lengthBytes };
  if (value !== undefined) return { ...head, record: jsonValue(value) };
  return { ...head, data_base64: Buffer.from(bytes).toString("base64") };
}

/** The value of a record; undefined when it is not known, was overwritten while it was copied, or is none. */
export function valueIn(tail: RecordTail, record: TailedRecord): unknown {
  try {
    return tail.decode(record);
  } catch (error) {
    if (error instanceof CorruptSegmentError) return undefined;
    throw error;
  }
}

/** The text of a record; undefined when it is none that a terminal can show. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = UTF8.decode(bytes);
    return UNPRINTABLE.test(text) ? undefined : printable(text);
  } catch {
    return undefined;
  }
}

function hexOf(bytes: Uint8Array): string {
  const digits = Array.from(bytes.subarray(0, HEX_BYTES), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return digits.join(" ") + (bytes.length > HEX_BYTES ? " …" : "");
}
