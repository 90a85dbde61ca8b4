/**
 * Files as memory and named shared memory for Bun.
 *
 * @module
 */
export {
  CorruptSegmentError,
  DisposedError,
  FileTruncatedError,
  NotSupportedError,
  SystemError,
  type SystemErrorDetails,
  TimeoutError,
} from "./errors.ts";
