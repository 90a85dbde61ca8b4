/**
 * What Windows tells of other processes of this user.
 *
 * @module
 */
import type { ProcessCalls } from "./platform-interface.ts";
import { closeHandle, type Handle } from "./windows-handles.ts";
import { Scratch, status, systemLibrary } from "./windows-system.ts";

interface ProcessFunctions {
  /** Returns null for a process that is not there, or is somebody else's. */
  OpenProcess(access: number, inherit: number, pid: number): number | null;
  /** Writes four times, each in units of 100 nanoseconds since 1601: of the start, the end, and two that it has run. */
  GetProcessTimes(
    process: number,
    start: number,
    end: number,
    inKernel: number,
    inProgram: number,
  ): number;
}

const kernel = systemLibrary<ProcessFunctions>("kernel32.dll", {
  OpenProcess: { args: ["u32", "u32", "u32"], returns: "pointer" },
  GetProcessTimes: status("i64", "pointer", "pointer", "pointer", "pointer"),
});

const QUERY_LIMITED_INFORMATION = 0x1000;

/** Units of the system's times in one tick here: a tenth of a millisecond, so that ticks are exact numbers. */
const UNITS_PER_TICK = 1000;

/** Makes the calls. Whether a process is stopped, and which files it has open, the system does not tell without privileges. */
export function processCalls(): ProcessCalls {
  const { call } = kernel();
  const scratch = new Scratch();
  const { address, view } = scratch;
  return {
    processState: (pid) => {
      const process = call.OpenProcess(QUERY_LIMITED_INFORMATION, 0, pid);
      if (process === null || process === 0) return undefined;
      // SAFETY: the call writes four 64-bit numbers into this closure's own memory.
      const isKnown = call.GetProcessTimes(
        process,
        address,
        address + 8,
        address + 16,
        address + 24,
      );
      closeHandle(process as Handle);
      if (isKnown === 0) return undefined;
      const startTicks = Number(view.getBigUint64(0, true) / BigInt(UNITS_PER_TICK));
      return startTicks > 0 ? { startTicks, isStopped: false } : undefined;
    },
    openFilesIn: () => [],
  };
}
