/**
 * Which start of the machine this is: the shared clock begins anew with each.
 *
 * @module
 */
import { readFileSync } from "node:fs";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/** What tells a start of the machine from others, as two words; zeros where the system does not say. */
export type MachineStart = readonly [low: number, high: number];

/** That of this start. */
export function machineStart(): MachineStart {
  try {
    const digits = readFileSync(BOOT_ID, "utf8").replaceAll("-", "");
    return [
      Number.parseInt(digits.slice(0, 8), 16) | 0,
      Number.parseInt(digits.slice(8, 16), 16) | 0,
    ];
  } catch {
    return [0, 0];
  }
}
