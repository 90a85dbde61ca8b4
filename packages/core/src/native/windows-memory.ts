/**
 * Mapped memory on Windows.
 *
 * @module
 */
import type { Address, MemoryCalls } from "./platform-interface.ts";
import { engine } from "./runtime.ts";
import { flushFile, handleOf } from "./windows-handles.ts";
import { GRANULE_BYTES, Sections, VIEW_BYTES_MAX } from "./windows-sections.ts";
import {
  checkStatus,
  Scratch,
  status,
  statusError,
  succeeded,
  systemLibrary,
  THIS_PROCESS,
} from "./windows-system.ts";

/** The same on every CPU that Windows runs on. */
const PAGE_BYTES = 4096;

const IN_WORKING_SET = 1; // MAP_PROCESS
/** What is asked of memory (`MEMORY_INFORMATION_CLASS`). */
const ASK = { basic: 0, workingSet: 4 } as const;
const PREFETCH = 0; // VmPrefetchInformation

interface MemoryFunctions {
  NtFlushVirtualMemory(process: number, address: number, length: number, result: number): number;
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
  NtFlushVirtualMemory: status("i64", "pointer", "pointer", "pointer"),
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
  const sections = new Sections();
  return {
    pageSizeBytes: PAGE_BYTES,
    granuleBytes: GRANULE_BYTES,
    map: (request) => sections.map(request),
    checkMappable: (request) => sections.check(request),
    unmap: (address, lengthBytes) => sections.unmap(address, lengthBytes),
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
      checkStatus("flush memory", "NtFlushBuffersFile", flushFile(handleOf(fd)));
    },
    // How a range will be read is no advice here, and pages that nobody needs are found by the system itself.
    hugePageBytes: 0,
    gatherPages: () => false,
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
