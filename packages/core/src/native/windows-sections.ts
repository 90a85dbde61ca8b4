/**
 * Mapping files on Windows, in two steps: a section says what of a file and how it may be mapped, a view of the section is the
 * memory. The section goes with its last view. A view can only go as a whole, so that each `ArrayBuffer` has one of its own.
 *
 * @module
 */
import type { Address, MapRequest, Protection } from "./platform-interface.ts";
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

/** Where in a file, and where in memory, a view may begin: at multiples of this (the "allocation granularity"). */
export const GRANULE_BYTES = 65_536;

/** The memory of one `ArrayBuffer` at most: a longer range has several, with a view for each. */
export const VIEW_BYTES_MAX: number = 2 ** 32;

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

interface SectionFunctions {
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
}

const native = systemLibrary<SectionFunctions>("ntdll.dll", {
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
});

/** How a file is to be mapped. */
type Manner = Pick<MapRequest, "fd" | "path" | "protection" | "sharing">;

/** Makes sections and views. */
export class Sections {
  readonly #scratch = new Scratch();
  readonly #call = native().call;

  /** See `MemoryCalls.checkMappable`. */
  check(request: Manner): void {
    const section = this.#open(request);
    if (section !== undefined) closeHandle(section);
  }

  /** See `MemoryCalls.map`. */
  map(request: MapRequest): Address {
    const section = this.#open(request);
    const attempt = attemptOf(request);
    if (section === undefined) {
      throw statusError(attempt, "NtCreateSection", STATUS.mappedFileSizeZero, request.path);
    }
    try {
      const { lengthBytes } = request;
      const result =
        lengthBytes <= VIEW_BYTES_MAX
          ? this.#mapView(section, request, 0, 0)
          : this.#mapViews(section, request);
      checkStatus(attempt, "NtMapViewOfSection", result, request.path);
      return this.#scratch.take(16) as Address;
    } finally {
      // Views keep it.
      closeHandle(section);
    }
  }

  /** See `MemoryCalls.unmap`. */
  unmap(address: number, lengthBytes: number): void {
    for (let offset = 0; offset < lengthBytes; offset += VIEW_BYTES_MAX) {
      // SAFETY: the caller owns the whole range and no buffer refers to it; `map` has made a view for each of these parts.
      const result = this.#call.NtUnmapViewOfSection(THIS_PROCESS, address + offset);
      checkStatus("unmap memory", "NtUnmapViewOfSection", result);
    }
  }

  /** Makes a section of a file; undefined for an empty one, which has nothing to map but may be mapped so. */
  #open(request: Manner): Handle | undefined {
    const { fd, path, protection, sharing } = request;
    const way = WAYS[sharing][protection];
    const attempt = attemptOf(request);
    const own = handleOf(fd, attempt, path);
    if ((way.access & SECTION.execute) === 0) return this.#section(own, way, attempt, path);
    const writes = protection === "readWriteExecute" && sharing === "shared";
    // `node:fs` has not asked for the right to execute. What it has asked for is the most that there may be beside that.
    const plain = this.#section(own, WAYS.shared[writes ? "readWrite" : "read"], attempt, path);
    if (plain === undefined) return undefined;
    closeHandle(plain);
    const access = ACCESS.read | ACCESS.execute | (writes ? ACCESS.write : 0);
    const file = openHandle({ file: own, access }, attempt);
    try {
      return this.#section(file, way, attempt, path);
    } finally {
      closeHandle(file);
    }
  }

  #section(
    file: Handle,
    { page, access }: Way,
    attempt: string,
    path: string | undefined,
  ): Handle | undefined {
    const into = this.#scratch.put(16, 0);
    // SAFETY: the system writes a handle into this object's own memory. Without a length it is the file's, which never grows by it.
    const result = this.#call.NtCreateSection(into, access, 0, 0, page, COMMIT, file);
    if (result >>> 0 === STATUS.mappedFileSizeZero) return undefined;
    checkStatus(attempt, "NtCreateSection", result, path);
    return this.#scratch.take(16) as Handle;
  }

  /**
   * Maps what of a request is behind `done`, at an address or, for 0, anywhere: it is at 16 then.
   *
   * @returns The status.
   */
  #mapView(section: Handle, request: MapRequest, done: number, at: number): number {
    const wanted = Math.min(VIEW_BYTES_MAX, request.lengthBytes - done);
    const first = this.#tryMap(section, request, done, at, wanted);
    if (first >>> 0 !== STATUS.invalidViewSize) return first;
    // The rest of the file's last page can only be had by asking for all that there is.
    const second = this.#tryMap(section, request, done, at, 0);
    if (!succeeded(second) || this.#scratch.take(32) >= wanted) return second;
    this.unmap(this.#scratch.take(16), 1);
    return first;
  }

  #tryMap(
    section: Handle,
    request: MapRequest,
    done: number,
    at: number,
    lengthBytes: number,
  ): number {
    const address = this.#scratch.put(16, at);
    const offset = this.#scratch.put(24, request.fileOffsetBytes + done);
    const length = this.#scratch.put(32, lengthBytes);
    const { page } = WAYS[request.sharing][request.protection];
    // SAFETY: the addresses are those of this object's own memory. Where the range is not free the system refuses.
    return this.#call.NtMapViewOfSection(
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
  }

  /** Maps a request as views one behind the other, in a range that was free a moment ago: its address is at 16 then. */
  #mapViews(section: Handle, request: MapRequest): number {
    for (let left = ATTEMPTS; ; left--) {
      const start = this.#freeRange(request);
      let done = 0;
      let result = 0;
      while (done < request.lengthBytes && succeeded(result)) {
        result = this.#mapView(section, request, done, start + done);
        if (succeeded(result)) done += VIEW_BYTES_MAX;
      }
      this.#scratch.put(16, start);
      if (succeeded(result)) return result;
      this.unmap(start, done);
      // Another thread has put something there.
      if (result >>> 0 !== STATUS.conflictingAddresses || left === 0) return result;
    }
  }

  /** A range of addresses in which nothing is at this moment. */
  #freeRange(request: MapRequest): Address {
    const address = this.#scratch.put(16, 0);
    const length = this.#scratch.put(24, request.lengthBytes);
    // SAFETY: reserved where the system likes, and given back at once.
    const result = this.#call.NtAllocateVirtualMemory(
      THIS_PROCESS,
      address,
      0,
      length,
      RESERVE,
      NO_ACCESS,
    );
    checkStatus(attemptOf(request), "NtAllocateVirtualMemory", result, request.path);
    const start = this.#scratch.take(16) as Address;
    this.#scratch.put(24, 0);
    this.#call.NtFreeVirtualMemory(THIS_PROCESS, address, length, RELEASE);
    return start;
  }
}

/** How often a free range is looked for. */
const ATTEMPTS = 16;

function attemptOf({ path }: Manner): string {
  return path === undefined ? "map memory" : `map file "${path}"`;
}
