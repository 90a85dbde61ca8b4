/**
 * The clock of Windows that all processes see alike.
 *
 * @module
 */
import { Scratch, status, systemLibrary } from "./windows-system.ts";

interface ClockFunctions {
  QueryPerformanceCounter(into: number): number;
  QueryPerformanceFrequency(into: number): number;
}

const kernel = systemLibrary<ClockFunctions>("kernel32.dll", {
  QueryPerformanceCounter: status("pointer"),
  QueryPerformanceFrequency: status("pointer"),
});

const NS_PER_SECOND = 1e9;

/** Makes the clock: nanoseconds since the system started. */
export function monotonicClock(): () => number {
  const { call } = kernel();
  const scratch = new Scratch();
  const { address, view } = scratch;
  // SAFETY: both calls write one 64-bit number into this closure's own memory, and never fail.
  call.QueryPerformanceFrequency(address);
  const nsPerTick = NS_PER_SECOND / scratch.take(0);
  return () => {
    call.QueryPerformanceCounter(address);
    const ticks = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    return Math.floor(ticks * nsPerTick);
  };
}
