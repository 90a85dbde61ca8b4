/**
 * A record whose fields say whether they belong together.
 *
 * @module
 */
import { f64, type StructSchema, struct, u32 } from "@isthmus/ipc";

/** `half` is half of `count`, and `double` twice as much. */
export const Sample: StructSchema<SampleFields> = struct({ count: u32, half: f64, double: f64 });

interface SampleFields {
  readonly count: typeof u32;
  readonly half: typeof f64;
  readonly double: typeof f64;
  [name: string]: typeof u32 | typeof f64;
}
