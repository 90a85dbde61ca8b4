/**
 * Questions and answers that prove that each got its own.
 *
 * @module
 */
import { type FieldType, type StructSchema, struct, u32 } from "../../../src/index.ts";

type Numbers<N extends string> = StructSchema<Readonly<Record<N, FieldType<number>>>>;

/** Who asks, what, and what it must give. */
export const Question: Numbers<"asker" | "number" | "check"> = struct({
  asker: u32,
  number: u32,
  check: u32,
});

/** The same back, and who answered. */
export const Reply: Numbers<"asker" | "number" | "check" | "pid"> = struct({
  asker: u32,
  number: u32,
  check: u32,
  pid: u32,
});

/** Schemas of the service. */
export const SCHEMAS: { readonly request: typeof Question; readonly response: typeof Reply } = {
  request: Question,
  response: Reply,
};

/** What belongs to a question, and with 1 more to its answer. */
export function checkOf(asker: number, number: number): number {
  return (Math.imul(asker + 1, 0x9e37_79b1) ^ Math.imul(number + 1, 0x85eb_ca6b)) >>> 0;
}

/** Whether an answer belongs to a question. */
export function isAnswer(
  reply: { readonly asker: number; readonly number: number; readonly check: number },
  asker: number,
  number: number,
): boolean {
  const check = (checkOf(asker, number) + 1) >>> 0;
  return reply.asker === asker && reply.number === number && reply.check === check;
}
