/**
 * The back door for sibling packages of this workspace. Nothing here is a public contract.
 *
 * @module
 */
export { type CacheInside, type Following, insideOfCache } from "./cache/cache-inside.ts";
export { exposition } from "./counters/exposition.ts";
export { type KeptTailer, keepTailer } from "./journal/kept-tailer.ts";
