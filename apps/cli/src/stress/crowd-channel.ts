/**
 * The channels of a crowd, as both of its processes open them.
 *
 * @module
 */
import { f64, type StructSchema, struct } from "@isthmus/ipc";

const NUMBERED: StructSchema<{ number: typeof f64 }> = struct({ number: f64 });

/** How they are opened. */
export const CROWD_OPTIONS: {
  readonly schema: typeof NUMBERED;
  readonly capacityBytes: number;
} = { schema: NUMBERED, capacityBytes: 4096 };

/** What the channel of a number is called. */
export function crowdName(channel: number): string {
  return `crowd-${channel}`;
}
