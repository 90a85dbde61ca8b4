/**
 * The machine that was measured.
 *
 * @module
 */
import { readFileSync, statfsSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import packageJson from "../../package.json" with { type: "json" };
import type { MachineRecord } from "../results/bench-results.ts";

const GOVERNOR_FILE = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

/** Numbers of statfs(2) that matter here, from linux/magic.h. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: "ext4",
  16914836: "tmpfs",
  1481003842: "xfs",
  2435016766: "btrfs",
  2035054128: "overlayfs",
  26985: "nfs",
};

/** The load of the last minute: how many processes wanted a CPU. */
export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

/**
 * Describes this machine.
 *
 * @param directory Where the test files lie.
 * @param loadBefore The load before anything was measured.
 */
export function describeMachine(directory: string, loadBefore: number): MachineRecord {
  return {
    cpu: cpus()[0]?.model.trim() || "unknown",
    cpu_count: availableParallelism(),
    memory_bytes: totalmem(),
    os: type(),
    kernel: release(),
    arch: arch(),
    bun: Bun.version,
    isthmus: packageJson.version,
    cpu_governor: readGovernor(),
    load_average_1min_before: loadBefore,
    load_average_1min_after: loadAverage(),
    file_system_type: fileSystemOf(directory),
  };
}

function readGovernor(): string | null {
  try {
    return readFileSync(GOVERNOR_FILE, "utf8").trim();
  } catch {
    return null;
  }
}

function fileSystemOf(directory: string): string {
  const { type: number } = statfsSync(directory);
  return FILE_SYSTEMS[number] ?? `0x${number.toString(16)}`;
}
