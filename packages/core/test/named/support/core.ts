/**
 * Which source a fixture runs: the real one, or a copy that a test has changed.
 *
 * @module
 */
import { join } from "node:path";

/** Names a directory with another copy of `src`. */
export const CORE_VARIABLE = "ISTHMUS_TEST_CORE";

/** The directory of the real source. */
export const SOURCE: string = join(import.meta.dir, "..", "..", "..", "src");

/** Loads a module of the library, `index.ts` by default, from the source this process is to run. */
export async function loadCore(): Promise<typeof import("../../../src/index.ts")> {
  return await import(join(process.env[CORE_VARIABLE] ?? SOURCE, "index.ts"));
}
