/**
 * The process in which damaged segments are examined, so that a crash or a hang there is a failed property here.
 *
 * @module
 */
import { join } from "node:path";
import { patient } from "@isthmus/testing/patience";
import { Peer } from "@isthmus/testing/peer";
import type { Change } from "./damage.ts";
import type { Situation } from "./examination.ts";

const FIXTURE = join(import.meta.dir, "..", "fixtures", "examiner.ts");

/** No examination takes this long, in milliseconds, on a machine however busy; one that does hangs. */
const HANG_MS = patient(150_000);

/** Starts the process when there is something to examine, and anew when it has died or cannot be trusted any more. */
export class Examiner implements AsyncDisposable {
  #peer: Peer | undefined;

  /** Examines one segment. Rejects when the process dies, hangs, or finds something that must not be. */
  judge(
    species: string,
    situation: Situation,
    changes: readonly Change[],
  ): Promise<Record<string, number>> {
    return this.#call("judge", species, situation, changes);
  }

  /** Makes a segment and takes part in it. */
  async begin(species: string): Promise<void> {
    await this.#call("begin", species);
  }

  /**
   * Goes on in the segment that it has begun. Rejects as `judge`.
   *
   * @param seed Of the lies that it is told whenever it looks; absent: none.
   */
  endure(rounds: number, seed?: number): Promise<Record<string, number>> {
    return this.#call("endure", rounds, ...(seed === undefined ? [] : [seed]));
  }

  async #call(
    operation: string,
    ...parameters: readonly unknown[]
  ): Promise<Record<string, number>> {
    const peer = this.#peer ?? new Peer([process.execPath, FIXTURE]);
    this.#peer = peer;
    let isHanging = false;
    const timer = setTimeout(() => {
      isHanging = true;
      peer.signal("SIGKILL");
    }, HANG_MS);
    try {
      return await peer.call(operation, ...parameters);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw isHanging ? new Error(`hangs for ${HANG_MS} ms`, { cause: error }) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer?.kill();
    this.#peer = undefined;
  }
}
