/**
 * What a server can do, by its version. A server accepts what it does not know, and does not do it: so nothing newer than the
 * oldest server that will do may be asked for without a look at this table.
 *
 * @module
 */

/** The oldest server that will do. */
export const SERVER_MINIMUM = "2.9.4";

/** Since which version of the server there is what. */
export const SINCE = {
  /** `sync_interval` in its configuration; an older one refuses to start with it. */
  syncInterval: "2.10.0",
  /** Several subjects as the filter of one consumer. */
  filterSubjects: "2.10.0",
  /** A life of its own for a message, by `Nats-TTL`: accepted in silence by an older one. */
  messageTtl: "2.11.0",
  /** The same of entries of a KV bucket. */
  kvTtl: "2.11.0",
  /** Several messages, asked for at once. */
  batchDirectGet: "2.11.0",
  /** Several messages that are stored together or not at all: one by one by an older one. */
  atomicBatch: "2.12.0",
} as const;

/** Something that not every server does. */
export type ServerFeature = keyof typeof SINCE;

/** Whether a server of one version has what came with another. What is behind the three numbers does not count. */
export function isSince(version: string, since: string): boolean {
  const has = numbersOf(version);
  const needs = numbersOf(since);
  const differing = needs.findIndex((number, index) => number !== has[index]);
  return differing < 0 || (has[differing] ?? 0) > (needs[differing] ?? 0);
}

function numbersOf(version: string): number[] {
  return version.split(/[.+-]/, 3).map(Number);
}
