/**
 * Files as memory and named shared memory for Bun.
 *
 * @module
 */
export type { MemoryAccess } from "./access.ts";
export {
  CorruptSegmentError,
  DisposedError,
  FileTruncatedError,
  NotSupportedError,
  PeerDiedError,
  SystemError,
  type SystemErrorDetails,
  TimeoutError,
} from "./errors.ts";
export type { FileReference } from "./file-reference.ts";
export { mapFile } from "./map-file.ts";
export { type AccessorOptions, MemoryMappedFile } from "./memory-mapped-file.ts";
export type { MemoryAdvice } from "./native/platform.ts";
export type { FileOptions } from "./open-file.ts";
export type { CreateMemoryOptions, OpenMemoryOptions } from "./open-memory.ts";
export type { FileMode } from "./open-path.ts";
export { readFile } from "./read-file.ts";
export type { RecordArray, RecordSchema } from "./records-in-place.ts";
export type { ChunkOptions } from "./scan/chunks.ts";
export type {
  FollowEvent,
  Followed,
  FollowOptions,
  FollowPathOptions,
  FollowPositions,
} from "./scan/follow.ts";
export type { TextCounts, TextSummary } from "./scan/kernel/text-statistics.ts";
export type { LineCursor } from "./scan/line-cursor.ts";
export type { FollowedLine } from "./scan/line-tail.ts";
export type { LineOptions, LineVisitor } from "./scan/lines.ts";
export type { Needle } from "./scan/needle.ts";
export type { ScanOptions, ScanProgress } from "./scan/parallel/scan.ts";
export {
  type CountOptions,
  type FindOptions,
  type FindResult,
  type ScanJob,
  type ScanMatch,
  type ScanResults,
  scanJobs,
  type TopValues,
  type TopValuesOptions,
} from "./scan/parallel/scan-jobs.ts";
export type { ScanRange } from "./scan/range.ts";
export type { RecordOptions } from "./scan/records.ts";
export type { Row, RowOptions } from "./scan/rows.ts";
export type { SearchOptions } from "./scan/search.ts";
export type { FlushOptions, RangeOptions, ViewOptions } from "./view.ts";
export type { TypedArray, ViewAccessor, WriteStringOptions } from "./view-accessor.ts";
export type { SeekOrigin, ViewStream } from "./view-stream.ts";
