/**
 * Records as somebody types them, for what takes records of any schema.
 *
 * @module
 */
import type { StructSchema } from "@isthmus/ipc";
import { UsageError } from "../usage-error.ts";
import { structInput } from "./struct-input.ts";

/** What the records are, and how to speak of one. */
export interface RecordKind {
  readonly isBytes: boolean;
  /** The struct that they are; undefined for bytes and JSON. */
  readonly struct: StructSchema | undefined;
  /** What was typed: "The value", "Line 3". */
  readonly what: string;
  /** What all of them are: "the values of this cache". */
  readonly all: string;
}

/**
 * The record in a text: bytes as they are, or JSON as the struct takes it.
 *
 * @throws {SyntaxError} When it is no JSON.
 */
export function recordInput({ isBytes, struct, what, all }: RecordKind, text: Uint8Array): unknown {
  if (isBytes) return text;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`${what} is no JSON, which ${all} are: ${why}`);
  }
  return struct === undefined ? value : structInput(struct, value);
}

/**
 * The record that is an operand of the command line.
 *
 * @throws {UsageError} When it is no JSON, or the struct does not take it.
 */
export function operandInput(kind: RecordKind, operand: string): unknown {
  try {
    const record = recordInput(kind, new TextEncoder().encode(operand));
    const { struct } = kind;
    struct?.encode(new DataView(new ArrayBuffer(struct.size)), 0, record as never);
    return record;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
