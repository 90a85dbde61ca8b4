/**
 * The back door for sibling packages of this workspace. Nothing here is a public contract.
 *
 * @module
 */
export { type CacheInside, type Following, insideOfCache } from "./cache/cache-inside.ts";
export { type KeptTailer, keepTailer } from "./journal/kept-tailer.ts";
