/**
 * Mapped memory on Windows.
 *
 * A file is mapped in two steps: a section says what of it and how it may be mapped, a view of the section is the memory. The
 * section goes with its last view. A view can only go as a whole, so that each `ArrayBuffer` has one of its own.
 *
 * @module
 */
import type { Address, MapRequest, MemoryCalls, Protection } from "./platform-interface.ts";
import { engine } from "./runtime.ts";
import { ACCESS, closeHandle, type Handle, handleOf, openHandle } from "./windows-handles.ts";
import {
  checkStatus,
  Scratch,
  STATUS,
  status,
  statusError,
  succeeded,
  systemLibrary,
  THIS_PROCESS,
} from "./windows-system.ts";

/** The same on every CPU that Windows runs on. */
const PAGE_BYTES = 4096;

/** Where in a file, and where in memory, a view may begin: at multiples of this (the "allocation granularity"). */
const GRANULE_BYTES = 65_536;

/** The memory of one `ArrayBuffer` at most: a longer range has several, with a view for each. */
const VIEW_BYTES_MAX = 2 ** 32;

/** How a section, and a view of it, may be used (`winnt.h`). */
interface Way {
  /** `PAGE_…` of the section and of the view. */
  readonly page: number;
  /** `SECTION_MAP_…`. */
  readonly access: number;
}

const SECTION = { write: 2, read: 4, execute: 8 } as const;

const WAYS: Readonly<Record<MapRequest["sharing"], Readonly<Record<Protection, Way>>>> = {
  shared: {
    read: { page: 0x02, access: SECTION.read },
    readWrite: { page: 0x04, access: SECTION.read | SECTION.write },
    readExecute: { page: 0x20, access: SECTION.read | SECTION.execute },
    readWriteExecute: { page: 0x40, access: SECTION.read | SECTION.write | SECTION.execute },
  },
  private: {
    read: { page: 0x02, access: SECTION.read },
    readWrite: { page: 0x08, access: SECTION.read },
    readExecute: { page: 0x20, access: SECTION.read | SECTION.execute },
    readWriteExecute: { page: 0x80, access: SECTION.read | SECTION.execute },
  },
};

const COMMIT = 0x0800_0000; // SEC_COMMIT
const VIEW_UNMAP = 2; // not inherited by child processes
const RESERVE = 0x2000; // MEM_RESERVE
const RELEASE = 0x8000; // MEM_RELEASE
const NO_ACCESS = 1; // PAGE_NOACCESS
const IN_WORKING_SET = 1; // MAP_PROCESS
/** What is asked of memory (`MEMORY_INFORMATION_CLASS`). */
const ASK = { basic: 0, workingSet: 4 } as const;
const PREFETCH = 0; // VmPrefetchInformation

interface MemoryFunctions {
  NtCreateSection(
    into: number,
    access: number,
    attributes: number,
    maximumBytes: number,
    page: number,
    kind: number,
    file: number,
  ): number;
  NtMapViewOfSection(
    section: number,
    process: number,
    address: number,
    zeroBits: number,
    commitBytes: number,
    offset: number,
    length: number,
    inherit: number,
    allocation: number,
    page: number,
  ): number;
  NtUnmapViewOfSection(process: number, address: number): number;
  NtAllocateVirtualMemory(
    process: number,
    address: number,
    zeroBits: number,
    length: number,
    kind: number,
    page: number,
  ): number;
  NtFreeVirtualMemory(process: number, address: number, length: number, kind: number): number;
  NtFlushVirtualMemory(process: number, address: number, length: number, result: number): number;
  NtFlushBuffersFile(file: number, result: number): number;
  NtLockVirtualMemory(process: number, address: number, length: number, kind: number): number;
  NtUnlockVirtualMemory(process: number, address: number, length: number, kind: number): number;
  NtQueryVirtualMemory(
    process: number,
    address: number,
    question: number,
    into: number,
    bytes: number,
    returned: number,
  ): number;
  NtSetInformationVirtualMemory(
    process: number,
    kind: number,
    rangeCount: number,
    ranges: number,
    information: number,
    bytes: number,
  ): number;
}

const native = systemLibrary<MemoryFunctions>("ntdll.dll", {
  NtCreateSection: status("pointer", "u32", "pointer", "pointer", "u32", "u32", "i64"),
  NtMapViewOfSection: status(
    "i64",
    "i64",
    "pointer",
    "u64",
    "u64",
    "pointer",
    "pointer",
    "u32",
    "u32",
    "u32",
  ),
  NtUnmapViewOfSection: status("i64", "pointer"),
  NtAllocateVirtualMemory: status("i64", "pointer", "u64", "pointer", "u32", "u32"),
  NtFreeVirtualMemory: status("i64", "pointer", "pointer", "u32"),
  NtFlushVirtualMemory: status("i64", "pointer", "pointer", "pointer"),
  NtFlushBuffersFile: status("i64", "pointer"),
  NtLockVirtualMemory: status("i64", "pointer", "pointer", "u32"),
  NtUnlockVirtualMemory: status("i64", "pointer", "pointer", "u32"),
  NtQueryVirtualMemory: status("i64", "pointer", "u32", "pointer", "u64", "pointer"),
  NtSetInformationVirtualMemory: status("i64", "u32", "u64", "pointer", "pointer", "u32"),
});

/** Never called from here: its address releases the memory of buffers. */
const release = systemLibrary<{ UnmapViewOfFile(address: number): number }>("kernel32.dll", {
  UnmapViewOfFile: status("pointer"),
});

/** Makes the calls on memory. */
export function memoryCalls(): MemoryCalls {
  const { call } = native();
  const scratch = new Scratch();
  const { ownedBuffer } = engine;
  const unmapView = ownedBuffer === undefined ? 0 : release().addressOf("UnmapViewOfFile");
  /** Calls for the part of a range in each view, until one fails. */
  const onViews = (
    address: Address,
    lengthBytes: number,
    run: (start: number, length: number) => number,
  ): number => {
    let result = 0;
    for (let done = 0; done < lengthBytes && succeeded(result); ) {
      const start = address + done;
      const length = Math.min(lengthBytes - done, viewEnd(scratch, start) - start);
      result = run(scratch.put(16, start), scratch.put(24, length));
      done += length;
    }
    return result;
  };
  const unmap = (address: Address, lengthBytes: number): void => {
    for (let offset = 0; offset < lengthBytes; offset += VIEW_BYTES_MAX) {
      // SAFETY: the caller owns the whole range and no buffer refers to it; `map` has made a view for each of these parts.
      const result = call.NtUnmapViewOfSection(THIS_PROCESS, address + offset);
      checkStatus("unmap memory", "NtUnmapViewOfSection", result);
    }
  };
  return {
    pageSizeBytes: PAGE_BYTES,
    granuleBytes: GRANULE_BYTES,
    map: (request) => map(scratch, request),
    checkMappable: (request) => {
      const section = createSection(scratch, request);
      if (section !== undefined) closeHandle(section);
    },
    unmap,
    // SAFETY: the deallocator's first parameter is UnmapViewOfFile's, the address of a view that is this buffer's alone: it is
    // unmapped once, by whoever holds the memory last, on any thread.
    ownedBuffer:
      ownedBuffer &&
      ((address, lengthBytes) => ownedBuffer(address, lengthBytes, unmapView, lengthBytes)),
    // SAFETY: the caller detaches the buffer before the range goes away.
    borrowedBuffer: (address, lengthBytes) => engine.borrowedBuffer(address, lengthBytes),
    sync: (address, lengthBytes, mode, fd) => {
      // SAFETY: the addresses are those of this closure's own memory; the range is the caller's.
      const result = onViews(address, lengthBytes, (start, length) =>
        call.NtFlushVirtualMemory(THIS_PROCESS, start, length, scratch.address),
      );
      checkStatus("flush memory", "NtFlushVirtualMemory", result);
      if (mode === "async") return;
      // The first call hands the pages to the file, the second one waits until the disk has them.
      const flushed = call.NtFlushBuffersFile(handleOf(fd), scratch.address);
      checkStatus("flush memory", "NtFlushBuffersFile", flushed);
    },
    // How a range will be read is no advice here, and pages that nobody needs are found by the system itself.
    advise: (address, lengthBytes, advice) => {
      if (advice !== "willNeed") return false;
      // MEMORY_RANGE_ENTRY at 64: address u64, length u64; flags u32 at 80, all zero.
      const range = scratch.put(64, address);
      scratch.put(72, lengthBytes);
      const flags = scratch.put(80, 0);
      // SAFETY: the addresses are those of this closure's own memory; the content of the range stays as it is.
      const result = call.NtSetInformationVirtualMemory(THIS_PROCESS, PREFETCH, 1, range, flags, 4);
      return succeeded(result);
    },
    residency,
    // SAFETY: the addresses are those of this closure's own memory; the range is the caller's.
    lock: (address, lengthBytes) => {
      const result = onViews(address, lengthBytes, (start, length) =>
        call.NtLockVirtualMemory(THIS_PROCESS, start, length, IN_WORKING_SET),
      );
      if (succeeded(result)) return;
      const attempt = `lock ${lengthBytes} bytes in memory`;
      throw statusError(attempt, "NtLockVirtualMemory", result, undefined, LOCK_LIMIT);
    },
    unlock: (address, lengthBytes) => {
      const result = onViews(address, lengthBytes, (start, length) =>
        call.NtUnlockVirtualMemory(THIS_PROCESS, start, length, IN_WORKING_SET),
      );
      checkStatus("unlock memory", "NtUnlockVirtualMemory", result);
    },
    // Nobody can shorten a file while it is mapped.
    guard: () => undefined,
    canGuard: () => true,
  };
}

const LOCK_LIMIT =
  "this process may not lock so much (see SetProcessWorkingSetSize), or the memory is not there";

/** Which pages are in this process's working set: the system does not tell what else it has in memory. */
function residency(address: Address, pageCount: number, into: Uint8Array): void {
  // MEMORY_WORKING_SET_EX_INFORMATION: address u64, flags u64, of which bit 0 says that the page is there.
  const entries = new DataView(new ArrayBuffer(pageCount * 16));
  for (let page = 0; page < pageCount; page++) {
    entries.setBigUint64(page * 16, BigInt(address + page * PAGE_BYTES), true);
  }
  // SAFETY: the array is in use until the call has returned, and what it says has been read.
  const result = native().call.NtQueryVirtualMemory(
    THIS_PROCESS,
    0,
    ASK.workingSet,
    engine.addressOf(entries),
    entries.byteLength,
    0,
  );
  checkStatus("ask which pages are in memory", "NtQueryVirtualMemory", result);
  for (let page = 0; page < pageCount; page++) into[page] = entries.getUint8(page * 16 + 8);
}

/** Where the view that an address is in ends, had it the greatest length. */
function viewEnd(scratch: Scratch, address: number): number {
  const information = scratch.address + 64;
  // SAFETY: MEMORY_BASIC_INFORMATION, 48 bytes in this room's own memory; the address is only looked at.
  const result = native().call.NtQueryVirtualMemory(
    THIS_PROCESS,
    address,
    ASK.basic,
    information,
    48,
    0,
  );
  checkStatus("look at memory", "NtQueryVirtualMemory", result);
  const base = scratch.take(72); // AllocationBase
  return base + VIEW_BYTES_MAX;
}

/** Makes a section of a file; undefined for an empty one, which has nothing to map but may be mapped so. */
function createSection(
  scratch: Scratch,
  { fd, path, protection, sharing }: Pick<MapRequest, "fd" | "path" | "protection" | "sharing">,
): Handle | undefined {
  const way = WAYS[sharing][protection];
  const attempt = path === undefined ? "map memory" : `map file "${path}"`;
  const own = handleOf(fd, attempt, path);
  if ((way.access & SECTION.execute) === 0) return sectionOf(scratch, own, way, attempt, path);
  const writes = protection === "readWriteExecute" && sharing === "shared";
  // `node:fs` has not asked for the right to execute. What it has asked for is the most that there may be beside that.
  const plain = sectionOf(scratch, own, WAYS.shared[writes ? "readWrite" : "read"], attempt, path);
  if (plain === undefined) return undefined;
  closeHandle(plain);
  const access = ACCESS.read | ACCESS.execute | (writes ? ACCESS.write : 0);
  const file = openHandle({ file: own, access }, attempt);
  try {
    return sectionOf(scratch, file, way, attempt, path);
  } finally {
    closeHandle(file);
  }
}

function sectionOf(
  scratch: Scratch,
  file: Handle,
  { page, access }: Way,
  attempt: string,
  path: string | undefined,
): Handle | undefined {
  const into = scratch.put(16, 0);
  // SAFETY: the system writes a handle into this room's own memory. Without a length it is the file's, which never grows by it.
  const result = native().call.NtCreateSection(into, access, 0, 0, page, COMMIT, file);
  if (result >>> 0 === STATUS.mappedFileSizeZero) return undefined;
  checkStatus(attempt, "NtCreateSection", result, path);
  return scratch.take(16) as Handle;
}

function map(scratch: Scratch, request: MapRequest): Address {
  const { lengthBytes, path } = request;
  const section = createSection(scratch, request);
  const attempt = path === undefined ? "map memory" : `map file "${path}"`;
  if (section === undefined) {
    throw statusError(attempt, "NtCreateSection", STATUS.mappedFileSizeZero, path);
  }
  try {
    if (lengthBytes <= VIEW_BYTES_MAX) return mapView(scratch, section, request, 0, 0, attempt);
    return mapViews(scratch, section, request, attempt);
  } finally {
    // Views keep it.
    closeHandle(section);
  }
}

/** Maps a part of a request, at an address or, for 0, anywhere. */
function mapView(
  scratch: Scratch,
  section: Handle,
  request: MapRequest,
  at: number,
  done: number,
  attempt: string,
): Address {
  const wanted = Math.min(VIEW_BYTES_MAX, request.lengthBytes - done);
  const { page } = WAYS[request.sharing][request.protection];
  const { call } = native();
  const tryMap = (lengthBytes: number): number => {
    const address = scratch.put(16, at);
    const offset = scratch.put(24, request.fileOffsetBytes + done);
    const length = scratch.put(32, lengthBytes);
    // SAFETY: the addresses are those of this room's own memory. Where the range is not free the system refuses.
    return call.NtMapViewOfSection(
      section,
      THIS_PROCESS,
      address,
      0,
      0,
      offset,
      length,
      VIEW_UNMAP,
      0,
      page,
    );
  };
  let result = tryMap(wanted);
  if (result >>> 0 === STATUS.invalidViewSize) {
    // The rest of the file's last page can only be had by asking for all that there is.
    result = tryMap(0);
    if (succeeded(result) && scratch.take(32) < wanted) {
      // SAFETY: a view that nobody has been told of.
      call.NtUnmapViewOfSection(THIS_PROCESS, scratch.take(16));
      result = STATUS.invalidViewSize | 0;
    }
  }
  checkStatus(attempt, "NtMapViewOfSection", result, request.path);
  return scratch.take(16) as Address;
}

/** How often a free range is looked for that another thread may take first. */
const ATTEMPTS = 16;

/** Maps a request as views one behind the other, in a range that was free a moment ago. */
function mapViews(
  scratch: Scratch,
  section: Handle,
  request: MapRequest,
  attempt: string,
): Address {
  for (let left = ATTEMPTS; ; left--) {
    const start = freeRange(scratch, request.lengthBytes, attempt);
    let done = 0;
    try {
      for (; done < request.lengthBytes; done += VIEW_BYTES_MAX) {
        mapView(scratch, section, request, start + done, done, attempt);
      }
      return start;
    } catch (error) {
      for (let view = 0; view < done; view += VIEW_BYTES_MAX) {
        // SAFETY: views that nobody has been told of.
        native().call.NtUnmapViewOfSection(THIS_PROCESS, start + view);
      }
      if (left === 0) throw error;
    }
  }
}

/** A range of addresses in which nothing is at this moment. */
function freeRange(scratch: Scratch, lengthBytes: number, attempt: string): Address {
  const { call } = native();
  const address = scratch.put(16, 0);
  const length = scratch.put(24, lengthBytes);
  // SAFETY: reserved where the system likes, and given back at once.
  const result = call.NtAllocateVirtualMemory(THIS_PROCESS, address, 0, length, RESERVE, NO_ACCESS);
  checkStatus(attempt, "NtAllocateVirtualMemory", result);
  const start = scratch.take(16) as Address;
  scratch.put(24, 0);
  call.NtFreeVirtualMemory(THIS_PROCESS, address, length, RELEASE);
  return start;
}
