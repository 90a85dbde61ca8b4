/**
 * What a bridge calls its things on the server.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { directoryPath } from "@isthmus/core/internal";
import type { LaneKey } from "./frame.ts";

const PREFIX = "isthmus";

/** A name as one token of a subject, and as part of a stream's name: what may not stand there as `=` and two digits. */
export function tokenOf(name: string): string {
  const escaped = (text: string): string =>
    Array.from(Buffer.from(text), (byte) => `=${byte.toString(16).padStart(2, "0")}`).join("");
  return name.replaceAll(/[^A-Za-z0-9_-]+/gu, escaped);
}

/** The stream of a name. */
export function streamOf(name: string): string {
  return `ISTHMUS_${tokenOf(name)}`;
}

/** All subjects of a name. */
export function subjectsOf(name: string): string {
  return `${PREFIX}.${tokenOf(name)}.>`;
}

/** The subject of a lane. */
export function subjectOf(name: string, { epoch, lane }: LaneKey): string {
  return `${PREFIX}.${tokenOf(name)}.${hex(epoch)}.${lane}`;
}

/** A 64-bit number as it stands in subjects. */
export function hex(number: bigint): string {
  return number.toString(16).padStart(16, "0");
}

/**
 * The durable consumer of this machine: of what shares its directory of names.
 *
 * @param here What is filled.
 */
export function durableOf(here: string): string {
  const who = [hostname(), directoryPath(), here].join("\0");
  const hash = createHash("sha256").update(who).digest("hex");
  return `isthmus_${hash.slice(0, 16)}`;
}
