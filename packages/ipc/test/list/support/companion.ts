/**
 * Another process that holds, or makes and removes, what these tests list.
 *
 * @module
 */
import { join } from "node:path";
import { Companion as PlainCompanion } from "@isthmus/testing/companion";

/** A process that runs a fixture, killed when the test ends, whatever state it is in then. */
export class Companion extends PlainCompanion {
  /**
   * @param fixture The fixture's file name; it inherits `ISTHMUS_DIR` as it is now.
   * @param prefix A command that runs the process, with its arguments.
   */
  constructor(fixture = "holder.ts", prefix: readonly string[] = []) {
    const script = join(import.meta.dir, "..", "fixtures", fixture);
    super([...prefix, process.execPath, script]);
  }
}
