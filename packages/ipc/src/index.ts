/**
 * Communication between processes through named shared memory, for Bun.
 *
 * @module
 */
export * from "./struct/index.ts";
export { MutexLock, NamedMutex } from "./sync/named-mutex.ts";
export type { MutexOwner } from "./sync/segment-mutex.ts";
export type { AsyncWaitOptions, WaitOptions } from "./wait/wait-for.ts";
