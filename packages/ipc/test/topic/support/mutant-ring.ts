/**
 * The shipped sources of the ring with one mistake in them.
 *
 * @module
 */
import { join } from "node:path";
import { type Change, loadSource } from "../../model/checker/source.ts";
import type { RingSource } from "./ring-world.ts";

/** What is replaced by what in a file of the ring; every text must be in it once. */
export interface Mistake {
  readonly file: `broadcast-${string}`;
  readonly changes: readonly Change[];
}

/** Loads the sources with a mistake made. */
export function mutateRing({ file, changes }: Mistake): Promise<RingSource> {
  const mistakes = changes.map(([from, to]) => ({ file: `ring/${file}.ts`, from, to }));
  return loadSource<RingSource>(join(import.meta.dir, "ring-source.ts"), { mistakes });
}
