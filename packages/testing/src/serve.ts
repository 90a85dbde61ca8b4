/**
 * The other end of a `Peer`: runs operations and answers.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { linesOf } from "./lines-of.ts";
import type { Answer } from "./peer.ts";

// biome-ignore lint/suspicious/noExplicitAny: each operation takes what its test sends.
export type Operations = Readonly<Record<string, (...parameters: any[]) => unknown>>;

/** Writes one line, complete before the next statement: the process may be killed by then. */
export function answer(line: Answer): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Runs an operation and answers with its result or its error. */
export async function run(operation: () => unknown): Promise<void> {
  try {
    answer({ value: (await operation()) ?? null });
  } catch (error) {
    answer({ error: errorOf(error) });
  }
}

/** What a test wants to know of an error. */
export function errorOf(error: unknown): { className: string; code: string; message: string } {
  const { code, message } = error as Error & { readonly code?: string };
  return { className: (error as Error).constructor.name, code: String(code), message };
}

/** Serves operations until standard input ends. */
export async function serve(operations: Operations): Promise<void> {
  const input = process.versions["bun"] === undefined ? process.stdin : Bun.stdin.stream();
  for await (const line of linesOf(input)) {
    const { operation, parameters } = JSON.parse(line) as {
      operation: string;
      parameters: unknown[];
    };
    await run(() => {
      const action = operations[operation];
      if (action === undefined) throw new Error(`There is no operation "${operation}"`);
      return action(...parameters);
    });
  }
}
