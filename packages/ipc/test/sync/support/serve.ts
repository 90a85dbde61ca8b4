/**
 * The other end of a `Participant`: runs operations and answers.
 *
 * @module
 */
import { writeSync } from "node:fs";
import type { Answer } from "./participant.ts";

// biome-ignore lint/suspicious/noExplicitAny: each operation takes what its test sends.
export type Operations = Readonly<Record<string, (...parameters: any[]) => unknown>>;

/** Writes one line, complete before the next statement: the process may be killed by then. */
export function say(answer: Answer): void {
  writeSync(1, `${JSON.stringify(answer)}\n`);
}

/** Runs operations as their lines come, without waiting for the one before, until the input ends. */
export async function serve(operations: Operations): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of Bun.stdin.stream()) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) void run(operations, line);
  }
}

async function run(operations: Operations, line: string): Promise<void> {
  const { id, operation, parameters } = JSON.parse(line);
  try {
    say({ id, value: (await operations[operation]?.(...parameters)) ?? null });
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    say({ id, error: { className: (error as Error).constructor.name, code, message } });
  }
}
