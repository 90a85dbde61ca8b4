/**
 * Another process that holds what the command is to show.
 *
 * @module
 */
import { join } from "node:path";
import { Companion as PlainCompanion } from "@isthmus/testing/companion";
import { testEnvironment } from "@isthmus/testing/run-program";

const HOLDER = join(import.meta.dir, "..", "fixtures", "holder.ts");

/** A process that runs `fixtures/holder.ts`, killed when the test ends, whatever state it is in then. */
export class Companion extends PlainCompanion {
  /** @param env Added to its environment. */
  constructor(env: Readonly<Record<string, string>>) {
    super([process.execPath, HOLDER], { env: testEnvironment(env) });
  }
}
