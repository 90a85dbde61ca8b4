/**
 * What every runtime but Bun gets for this package: an error that says what to do. In JavaScript, because they may
 * refuse TypeScript in packages; with every name of the package, because they look for names before they run anything.
 *
 * @module
 */
const { bun, deno, node } = process.versions;
const found = bun ? `Bun ${bun} from this bundle` : deno ? `Deno ${deno}` : `Node.js ${node}`;
const next = bun
  ? `build it with "--target=bun"`
  : `install it from https://bun.sh and start the program with "bun"`;
const message = `Cannot run Isthmus on ${found}: it needs Bun 1.4.4 or later; ${next}`;
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
