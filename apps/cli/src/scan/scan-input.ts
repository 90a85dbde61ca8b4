/**
 * Where a scan's bytes come from: a map where there can be one, else reads.
 *
 * @module
 */
import {
  closeSync,
  createReadStream,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { Readable } from "node:stream";
import { isatty } from "node:tty";
import { MemoryMappedFile, SystemError } from "@isthmus/core";

/** Standard input as the command line names it. */
export const STANDARD_INPUT = "-";

/** What is scanned. Disposing ends it, also where a pipe is still open at its other end. */
export interface ScanInput extends Disposable {
  /** The size, where it is known before the end. */
  readonly totalBytes: number | undefined;
  /** The map of it, where there is one. */
  readonly file?: MemoryMappedFile;
  /** The bytes in order; a chunk is valid until the next one is asked for. */
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** One chunk: so large that a system call for each is nothing, so small that it stays in cache. */
const CHUNK_BYTES: number = 1 << 20;
const STANDARD_INPUT_FD = 0;

/**
 * Opens a file, a pipe, a device or another thing that gives bytes.
 *
 * @param path The file, or `"-"`: standard input, from where it stands.
 * @param signal Ends the waiting for a pipe that gives nothing.
 * @returns The input.
 * @throws {SystemError} when it cannot be opened.
 */
export function openScanInput(path: string, signal: AbortSignal): ScanInput {
  if (path === STANDARD_INPUT) {
    const status = fstatSync(STANDARD_INPUT_FD);
    return isPipe(status)
      ? streamed(STANDARD_INPUT_FD, signal)
      : read(STANDARD_INPUT_FD, status, signal);
  }
  const status = statSync(path, { throwIfNoEntry: false });
  // What is not there, and a directory, is for the library to refuse in its own words.
  if (status === undefined || status.isDirectory()) return mapped(path);
  if (isPipe(status)) return streamed(path, signal);
  // What is made when it is read often gives its size as 0, or a wrong one and cannot be mapped.
  if (!status.isFile() || status.size === 0) return opened(path, status, signal);
  try {
    return mapped(path);
  } catch (error) {
    if (error instanceof SystemError && error.syscall === "mmap")
      return opened(path, status, signal);
    throw error;
  }
}

function isPipe(status: Stats): boolean {
  return status.isFIFO() || status.isSocket();
}

function mapped(path: string): ScanInput {
  const file = MemoryMappedFile.createFromFile(path, { access: "read" });
  return {
    totalBytes: file.capacity,
    file,
    chunks: file.chunks({ size: CHUNK_BYTES }),
    [Symbol.dispose]: () => file.dispose(),
  };
}

function opened(path: string, status: Stats, signal: AbortSignal): ScanInput {
  const fd = openSync(path, "r");
  const input = read(fd, status, signal);
  return {
    ...input,
    [Symbol.dispose]: () => {
      input[Symbol.dispose]();
      closeSync(fd);
    },
  };
}

/** Reads what always has an answer at once; a terminal is waited for. */
function read(fd: number, status: Stats, signal: AbortSignal): ScanInput {
  if (isatty(fd)) return streamed(fd, signal);
  const totalBytes = status.isFile() && status.size > 0 ? status.size : undefined;
  return { totalBytes, chunks: readChunks(fd), [Symbol.dispose]: () => undefined };
}

function* readChunks(fd: number): Generator<Uint8Array, void> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const length = readSync(fd, buffer);
    if (length === 0) return;
    yield buffer.subarray(0, length);
  }
}

/** Reads as it comes; the event loop goes on meanwhile. */
function streamed(source: string | number, signal: AbortSignal): ScanInput {
  const reader = readerOf(source);
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  async function* receive(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || value === undefined) return;
      yield value;
    }
  }
  return {
    totalBytes: undefined,
    chunks: receive(),
    [Symbol.dispose]: () => {
      signal.removeEventListener("abort", cancel);
      cancel();
    },
  };
}

/** What both Bun's streams and those of `node:stream` have. */
interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

function readerOf(source: string | number): ByteReader {
  if (process.versions["bun"] !== undefined) {
    const file = source === STANDARD_INPUT_FD ? Bun.stdin : Bun.file(source as string);
    return file.stream().getReader();
  }
  const stream =
    source === STANDARD_INPUT_FD
      ? process.stdin
      : typeof source === "string"
        ? createReadStream(source)
        : createReadStream("", { fd: source, autoClose: false });
  return Readable.toWeb(stream).getReader();
}
