/**
 * A directory of named memory for one test of names.
 *
 * @module
 */
import { Home as PlainHome } from "@isthmus/testing/home";
import { MemoryMappedFile } from "../../../src/index.ts";

/** A directory that this process can be made to use. */
export class Home extends PlainHome {
  /** Lets this process use the directory for the first time, which collects what was left behind in it. */
  collect(): void {
    MemoryMappedFile.createNew("first-use", 1).dispose();
  }
}
