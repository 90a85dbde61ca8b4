/**
 * The struct that processes on different C libraries share.
 *
 * @module
 */
import { type StructSchema, struct, u32 } from "../../../src/index.ts";

/** Something to add to. */
export const Count: StructSchema<{ count: typeof u32 }> = struct({ count: u32 });
