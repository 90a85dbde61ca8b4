/**
 * The back door for sibling packages of this workspace: what they build on and users do not see.
 * Nothing here is a public contract.
 *
 * @module
 */
export { INSPECT, showAs } from "./inspect.ts";
export { Mapping } from "./mapping.ts";
export { collectAbandoned } from "./named/collect.ts";
export { createNamedFile, createOrOpenNamedFile } from "./named/create-named-file.ts";
export { directoryPath, ensureDirectory, entriesOf, findDirectory } from "./named/directory.ts";
export {
  isSameFile,
  isSeenHeld,
  type Lead,
  release,
  Trail,
  unlinkIfThere,
} from "./named/holder.ts";
export { doLocksHold } from "./named/lock-trial.ts";
export { checkName, HIDDEN_PREFIX } from "./named/name.ts";
export type { NamedFile } from "./named/named-file.ts";
export { takingRoom } from "./named/no-space.ts";
export { openNamedFile } from "./named/open-named-file.ts";
export { Patience } from "./named/patience.ts";
export { removeUnheldFile, unlinkNamedFile } from "./named/remove-named-file.ts";
export {
  decodeSuperblock,
  isRemovableHead,
  readHead,
  SECTION,
  SEGMENT_KINDS,
  type Section,
  type SegmentKind,
  type Superblock,
} from "./named/superblock.ts";
export { makeThreadPipe, type OwnPipe, openRinger, readThreadPipe } from "./named/thread-pipe.ts";
export type { CreateRequest, SectionRequest } from "./named/write-named-file.ts";
export { type Abi, readAbi } from "./native/abi.ts";
export { bareMutexPairs } from "./native/bare-calls.ts";
export { conditionError, fromNodeError } from "./native/errno.ts";
export { GONE } from "./native/gone-name.ts";
export { host } from "./native/host.ts";
export { type MemoryLimit, memoryLimit } from "./native/memory-limit.ts";
export {
  type ByteLocks,
  type DataRange,
  doWithout,
  type FutexOutcome,
  type Lack,
  type MutexOutcome,
  type OpenFile,
  type PipeReader,
  type PipeRinger,
  platform,
  type SharedMutex,
} from "./native/platform.ts";
export { runtimeOf } from "./native/runtime.ts";
export { nearestWord } from "./nearest-word.ts";
export { PrivateText } from "./private-text.ts";
export { byteCounter } from "./scan/kernel/byte-counter.ts";
export { newTextStatistics } from "./scan/kernel/fast-text-statistics.ts";
export { type FindNeedles, needleFinder, needlePlan } from "./scan/kernel/needle-finder.ts";
export { mergerOf } from "./scan/parallel/merge.ts";
export { beginWork, type Task } from "./scan/parallel/piece-work.ts";
export { workPlan } from "./scan/parallel/work-plan.ts";
export type { SharedFutex } from "./shared-futex.ts";
export { isTurnDue, noteTurn, stepsToTurn, takeTurn } from "./turns.ts";
export {
  checkAttached,
  checkBoolean,
  checkBytes,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkString,
  checkSynchronous,
  invalidType,
  invalidValue,
  type OptionNames,
  outOfRange,
  received,
  refuseAsync,
} from "./validate.ts";
