/**
 * A run of the `isthmus` command, as a person would start it.
 *
 * @module
 */
import { join } from "node:path";
import { Child } from "@isthmus/testing/child";
import { testEnvironment } from "@isthmus/testing/run-program";

const MAIN = join(import.meta.dir, "..", "..", "..", "cli", "src", "main.ts");

/** One process, killed when the test ends, whatever state it is in then. */
export class Command extends Child {
  /**
   * @param directory Where named memory lives.
   * @param args What stands behind the command's name.
   * @param program Another program than the command.
   */
  constructor(directory: string, args: readonly string[], program: string = MAIN) {
    const env = testEnvironment({ ISTHMUS_DIR: directory });
    super([process.execPath, program, ...args], { env });
  }

  /** The last line of its output, as the record it is. */
  async summary(): Promise<Record<string, number>> {
    let last = "";
    for (let line = await this.nextLine(); line !== undefined; line = await this.nextLine()) {
      last = line;
    }
    return JSON.parse(last) as Record<string, number>;
  }
}
