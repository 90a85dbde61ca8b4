/**
 * The other end of a `Participant`: runs operations and answers.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { linesOf } from "@isthmus/testing/lines-of";
import { errorOf } from "@isthmus/testing/serve";
import type { Answer } from "./participant.ts";

// biome-ignore lint/suspicious/noExplicitAny: each operation takes what its test sends.
export type Operations = Readonly<Record<string, (...parameters: any[]) => unknown>>;

/** Writes one line, complete before the next statement: the process may be killed by then. */
export function say(answer: Answer): void {
  writeSync(1, `${JSON.stringify(answer)}\n`);
}

/** Runs operations as their lines come, without waiting for the one before, until the input ends. */
export async function serve(operations: Operations): Promise<void> {
  for await (const line of linesOf(Bun.stdin.stream())) void run(operations, line);
}

async function run(operations: Operations, line: string): Promise<void> {
  const { id, operation, parameters } = JSON.parse(line);
  try {
    say({ id, value: (await operations[operation]?.(...parameters)) ?? null });
  } catch (error) {
    say({ id, error: errorOf(error) });
  }
}
