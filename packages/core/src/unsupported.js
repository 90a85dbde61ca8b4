/**
 * What bundles for browsers get for this package: an error that says what to do, and every name, because bundlers look for
 * names before anything runs.
 *
 * @module
 */
const message =
  'Cannot run Isthmus from a bundle for browsers: it needs Bun, Node.js or Deno; build it with "--target=bun" or "--platform=node"';
throw Object.assign(new Error(message), { name: "NotSupportedError", code: "ERR_NOT_SUPPORTED" });

export let CorruptSegmentError,
  DisposedError,
  FileTruncatedError,
  MemoryMappedFile,
  NotSupportedError,
  PeerDiedError,
  SystemError,
  TimeoutError,
  mapFile,
  readFile,
  scanJobs;
