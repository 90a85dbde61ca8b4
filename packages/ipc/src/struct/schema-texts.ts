/**
 * The texts that stand for the schemas of records, and what is computed from them.
 *
 * @module
 */
import { type Fingerprint, fingerprintOf } from "./fingerprint.ts";

/** Texts whose hashes stand for the schemas that are no struct. */
export const MARKER_TEXTS = { bytes: "channel of bytes", json: "channel of json" } as const;

/** Whether a text stands for records that are no struct. */
export function isMarkerText(text: string): boolean {
  return Object.values<string>(MARKER_TEXTS).includes(text);
}

/** One hash for both schemas of a service, in their order. */
export function fingerprintOfTexts(request: string, response: string): Fingerprint {
  const [first, second] = [fingerprintOf(request), fingerprintOf(response)];
  return fingerprintOf(`isthmus service ${first.hex} ${second.hex}`);
}
