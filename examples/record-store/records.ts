/**
 * The records that the example writes.
 *
 * @module
 */

/** What record number n is. */
export function recordOf(n: number): { readonly key: string; readonly value: string } {
  return {
    key: `user:${n}`,
    value: JSON.stringify({ n, name: `user number ${n}`, visits: n * 7 }),
  };
}
