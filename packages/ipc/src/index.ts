export {
  type CollectOptions,
  type CollectReport,
  collectSegments,
  type Leftover,
} from "./segment/garbage.ts";
export { listSegments } from "./segment/list.ts";
export { observe } from "./segment/observe.ts";
export type { Role } from "./segment/participant-layout.ts";
export { type RemoveOptions, removeSegment } from "./segment/remove.ts";
export type {
  CellInfo,
  MutexInfo,
  ParticipantInfo,
  SectionInfo,
  SegmentInfo,
  SegmentProblem,
} from "./segment/segment-info.ts";
export * from "./struct/index.ts";
export { type EventOptions, type EventResetMode, NamedEvent } from "./sync/named-event.ts";
export { MutexLock, NamedMutex } from "./sync/named-mutex.ts";
export { NamedSemaphore, type SemaphoreOptions } from "./sync/named-semaphore.ts";
export type { MutexOwner } from "./sync/segment-mutex.ts";
export type { AsyncWaitOptions, WaitOptions } from "./wait/wait-for.ts";
