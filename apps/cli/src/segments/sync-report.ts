/**
 * Semaphores, events and structs as a person reads them.
 *
 * @module
 */

import type { EventInfo, SchemaReading, SemaphoreInfo, StructValueInfo } from "@isthmus/ipc";
import stringWidth from "string-width";
import { formatCount, formatCountOf } from "../output/format.ts";
import { hexDump } from "../output/hex-dump.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { valueText } from "../output/value-text.ts";
import { participantText } from "./channel-report.ts";

/** Bytes of a value that has no fields which are dumped. */
const DUMP_BYTES = 256;

/** What is to be said of a semaphore, as pairs. */
export function semaphoreRows(semaphore: SemaphoreInfo, style: Style): string[][] {
  const { available, max, returnsOnDeath, held } = semaphore;
  const rule = returnsOnDeath ? "come back when their holder dies" : "are nobody's";
  return [
    ["available", `${formatCount(available)} of ${formatCount(max)}`],
    ["permits", rule],
    ...held.map(({ participant, permits }) => [
      "held",
      `${formatCount(permits)} by ${participantText(participant, style)} in slot ${participant.slot}`,
    ]),
  ];
}

/** What is to be said of an event, as pairs. */
export function eventRows({ reset, isSet, setCount }: EventInfo): string[][] {
  return [
    ["set", isSet ? "yes" : "no"],
    ["reset", reset],
    ["set count", formatCount(setCount)],
  ];
}

/** The value of a struct, field by field where they are known, else as bytes; with why. */
export function structLines(found: StructValueInfo, style: Style): string[] {
  const { value, bytes, lengthBytes, version, problem, schema } = found;
  const head = `version ${formatCount(version)}, ${formatCountOf(lengthBytes, "byte")}`;
  if (typeof value === "object" && value !== null) {
    const names = Object.keys(value);
    const width = Math.max(...names.map((name) => stringWidth(printable(name))));
    const fields = Object.entries(value).map(([name, item]) => {
      const label = printable(name);
      return `${label}${" ".repeat(width - stringWidth(label))}  ${valueText(item, style)}`;
    });
    return [head, ...fields];
  }
  const read = (offset: number, length: number): Uint8Array =>
    bytes.subarray(offset, offset + length);
  const dump = [...hexDump(read, 0, Math.min(bytes.length, DUMP_BYTES))];
  const rest = lengthBytes - Math.min(bytes.length, DUMP_BYTES);
  const more = rest > 0 ? [style.dim(`… ${formatCount(rest)} more bytes`)] : [];
  const why = problem ?? schemaProblem(schema);
  return [head, ...(why ? [style.yellow(printable(why))] : []), ...dump, ...more];
}

/** Why the fields of records have no names; undefined when they have, or are none. */
export function schemaProblem(schema: SchemaReading): string | undefined {
  if (schema.status === "known") return undefined;
  return schema.status === "absent"
    ? "The segment does not say what its records are"
    : `What the segment says of its records is not to be believed: ${schema.problem}`;
}
