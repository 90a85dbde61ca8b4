/**
 * Compiles the reference program, where there is a compiler.
 *
 * @module
 */
import { join } from "node:path";
import type { Room } from "../runner/room.ts";
import source from "./reference.c" with { type: "text" };

const COMPILERS = ["cc", "gcc", "clang"] as const;
const TIMEOUT_MS = 60_000;

/** The program, or why there is none. */
export type ReferenceProgram = { readonly path: string } | { readonly reason: string };

/**
 * Compiles the program into a room.
 *
 * @param room Where it goes, and with which it goes away.
 * @returns Its path, or the reason why it cannot be had.
 */
export async function compileReference(room: Room): Promise<ReferenceProgram> {
  const compiler = COMPILERS.find((name) => Bun.which(name) !== null);
  if (compiler === undefined) return { reason: `no C compiler (${COMPILERS.join(", ")}) in PATH` };
  const path = join(room.directory, "reference");
  await Bun.write(`${path}.c`, source);
  const command = [compiler, "-std=c11", "-O2", "-o", path, `${path}.c`];
  const { exitCode, stderr } = await room.run(command, { timeoutMs: TIMEOUT_MS });
  if (exitCode === 0) return { path };
  return { reason: `${compiler} could not compile it: ${stderr.trim().split("\n").at(0)}` };
}
