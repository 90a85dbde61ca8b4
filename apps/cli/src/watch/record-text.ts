/**
 * Records of a channel as they are printed.
 *
 * @module
 */
import type { RecordTail, TailedRecord } from "@isthmus/ipc";
import { formatCount } from "../output/format.ts";
import { hexDump } from "../output/hex-dump.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";

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
 * @param isHex Whether to dump its bytes as `hexdump -C` does.
 * @param style The colours of stdout.
 * @returns One line, or several for a dump, ending in a newline.
 */
export function formatRecord(record: TailedRecord, isHex: boolean, style: Style): string {
  const { lane, position, lengthBytes, bytes } = record;
  const head = style.dim(`${lane}:${position} ${formatCount(lengthBytes)} B`);
  if (isHex) {
    const read = (offset: number, length: number): Uint8Array =>
      bytes.subarray(offset, offset + length);
    return `${[head, ...hexDump(read, 0, bytes.length)].join("\n")}\n`;
  }
  const text = textOf(bytes) ?? hexOf(bytes);
  const rest = lengthBytes - bytes.length;
  return `${head}  ${text}${rest > 0 ? style.dim(` … ${formatCount(rest)} more bytes`) : ""}\n`;
}

/**
 * The public record of `tail --json`; its fields are a contract.
 *
 * @param channel The channel's name.
 * @param mode What its records are.
 * @param record The record, with all its bytes.
 * @returns A plain object: `record` holds what was sent as JSON, `data_base64` anything else.
 */
export function tailRecord(
  channel: string,
  mode: RecordTail["mode"],
  { lane, position, lengthBytes, bytes }: TailedRecord,
): Readonly<Record<string, unknown>> {
  const head = { channel, lane, position, bytes: lengthBytes };
  const parsed = mode === "json" ? parse(bytes) : undefined;
  if (parsed !== undefined) return { ...head, record: parsed.value };
  return { ...head, data_base64: Buffer.from(bytes).toString("base64") };
}

function parse(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(UTF8.decode(bytes)) };
  } catch {
    return undefined; // overwritten while it was copied, or never JSON
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
