/**
 * Open files on Windows.
 *
 * @module
 */
import { fstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileCalls } from "./platform-interface.ts";
import {
  ACCESS,
  closeHandle,
  DISPOSITION,
  descriptorOf,
  duplicateHandle,
  flushFile,
  handleOf,
  OPTION,
  openHandle,
  setInformation,
} from "./windows-handles.ts";
import {
  checkStatus,
  fileStatus,
  Scratch,
  STATUS,
  statusError,
  succeeded,
  systemLibrary,
} from "./windows-system.ts";
import { fillWithZeros } from "./zero-fill.ts";

const END_OF_FILE_INFORMATION = 20; // FileEndOfFileInformation
const SET_SPARSE = 0x9_00c4; // FSCTL_SET_SPARSE
const QUERY_ALLOCATED_RANGES = 0x9_40cf; // FSCTL_QUERY_ALLOCATED_RANGES

interface FileFunctions {
  NtFsControlFile(
    file: number,
    event: number,
    routine: number,
    context: number,
    result: number,
    code: number,
    input: number,
    inputBytes: number,
    output: number,
    outputBytes: number,
  ): number;
}

const native = systemLibrary<FileFunctions>("ntdll.dll", {
  NtFsControlFile: fileStatus("u32", "pointer", "u32", "pointer", "u32"),
});

/** Makes the calls on open files. */
export function fileCalls(): FileCalls {
  const scratch = new Scratch();
  return {
    setLength: (fd, length, attempt, path) => setLength(scratch, fd, length, attempt, path),
    allocate: (fd, offset, length, path) => allocate(scratch, fd, offset, length, path),
    beginSync: () => false,
    nextData: (fd, offset) => {
      const range = allocatedRange(scratch, fd, offset, Number.MAX_SAFE_INTEGER);
      if (range === undefined) return { start: offset, end: Infinity };
      return range.start === Infinity
        ? undefined
        : { ...range, start: Math.max(offset, range.start) };
    },
    hasHugePages: () => false,
    duplicate: (fd) => descriptorOf(duplicateHandle(handleOf(fd))),
    // What closes a descriptor of the C library cannot be called from outside of it.
    ownDescriptor: undefined,
    openCopiedUp: () => undefined,
    // A temporary file that goes with its last handle, and that the system writes to the disk only when it needs the memory.
    createMemoryFile: (label) =>
      descriptorOf(
        openHandle(
          {
            file: join(tmpdir(), `${label}-${crypto.randomUUID()}`),
            access: ACCESS.read | ACCESS.write | ACCESS.delete,
            disposition: DISPOSITION.create,
            options: OPTION.deleteOnClose | OPTION.notDirectory,
            isTemporary: true,
          },
          "create anonymous memory",
        ),
      ),
    forgetUnchanged: () => {},
    allowHoles: (fd) => {
      // A file system without holes has storage for all of the file, which is no less.
      control(scratch, fd, SET_SPARSE, 0, 0);
    },
    syncDirectory: (path, change) => {
      const attempt = `write the names in "${path}" to the disk`;
      // Only who may add files to a directory may have it written.
      const directory = openHandle({ file: path, access: ACCESS.writeData }, attempt);
      try {
        change?.();
        checkStatus(attempt, "NtFlushBuffersFile", flushFile(directory), path);
      } finally {
        closeHandle(directory);
      }
    },
    syncsMappings: false,
    readsMappings: false,
  };
}

function setLength(
  scratch: Scratch,
  fd: number,
  length: number,
  attempt: string,
  path: string | undefined,
): void {
  const information = scratch.put(16, length);
  const result = setInformation(handleOf(fd), information, 8, END_OF_FILE_INFORMATION);
  if (succeeded(result)) return;
  const reason = result >>> 0 === STATUS.userMappedFile ? MAPPED : undefined;
  throw statusError(attempt, "NtSetInformationFile", result, path, reason);
}

/** Why a file cannot be shortened. */
const MAPPED =
  "it is mapped, and Windows shortens no mapped file; dispose the views of it, those of other processes too";

function allocate(
  scratch: Scratch,
  fd: number,
  offset: number,
  length: number,
  path: string | undefined,
): void {
  const attempt = `allocate ${length} bytes${path === undefined ? "" : ` for "${path}"`}`;
  const end = offset + length;
  // The system finds storage for what is new, unless the file may have holes.
  if (fstatSync(fd).size < end) setLength(scratch, fd, end, attempt, path);
  for (let start = offset; start < end; ) {
    const next = allocatedRange(scratch, fd, start, end - start);
    if (next === undefined) return;
    if (start < next.start) fillWithZeros(fd, start, Math.min(next.start, end), attempt);
    start = next.end;
  }
}

/**
 * The first part of a range of a file that has storage.
 *
 * @returns Undefined where the file system has no holes; from `Infinity` on when nothing comes any more.
 */
function allocatedRange(
  scratch: Scratch,
  fd: number,
  offset: number,
  length: number,
): { start: number; end: number } | undefined {
  const input = scratch.put(64, offset);
  scratch.put(72, length);
  // FILE_ALLOCATED_RANGE_BUFFER: offset u64, length u64; there is room for one, and more of them are no error here.
  const result = control(scratch, fd, QUERY_ALLOCATED_RANGES, input, 16, 16);
  if (!succeeded(result) && result >>> 0 !== STATUS.bufferOverflow) return undefined;
  if (scratch.take(8) === 0) return { start: Infinity, end: Infinity };
  const start = scratch.take(80);
  return { start, end: start + scratch.take(88) };
}

/** Asks the file system something; what it answers is at 80 of the memory. */
function control(
  scratch: Scratch,
  fd: number,
  code: number,
  input: number,
  inputBytes: number,
  outputBytes = 0,
): number {
  const output = outputBytes === 0 ? 0 : scratch.address + 80;
  const { call } = native();
  // SAFETY: the addresses are those of this module's own memory.
  return call.NtFsControlFile(
    handleOf(fd),
    0,
    0,
    0,
    scratch.address,
    code,
    input,
    inputBytes,
    output,
    outputBytes,
  );
}
