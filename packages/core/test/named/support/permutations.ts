/**
 * All orders of a few things.
 *
 * @module
 */

/** Yields every order of the items. */
export function* permutations<T>(items: readonly T[]): Generator<T[], void> {
  if (items.length === 0) yield [];
  for (const [index, first] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [first, ...rest];
  }
}
