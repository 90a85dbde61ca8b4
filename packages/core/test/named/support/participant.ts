/**
 * Another process that takes part in what is named.
 *
 * @module
 */
import { resolve } from "node:path";
import { Peer } from "@isthmus/testing/peer";

const FIXTURES = resolve(import.meta.dir, "..", "fixtures");

/** How to start a participant. */
export interface ParticipantOptions {
  /** The fixture it runs, without its ".ts": a name in `fixtures`, or a whole path. Default `participant`. */
  readonly fixture?: string | undefined;
  /** Passed as JSON in `process.argv[2]`. */
  readonly input?: unknown;
  /** Environment on top of this process's. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** A command that runs the fixture, with its arguments, for example `setpriv`. */
  readonly prefix?: readonly string[] | undefined;
}

/** A process of its own, killed when the test ends, whatever state it is in then. */
export class Participant extends Peer {
  constructor({
    fixture = "participant",
    input = null,
    environment,
    prefix = [],
  }: ParticipantOptions = {}) {
    const script = resolve(FIXTURES, `${fixture}.ts`);
    super([...prefix, process.execPath, script, JSON.stringify(input)], environment);
  }
}
