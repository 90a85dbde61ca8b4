/**
 * The numbers of streams: of all that one participant sends between joining and leaving once. Whoever leaves and comes
 * back is another sender, between whose records and those before there is no order.
 *
 * @module
 */

/** More often than that nobody comes back in a run. */
const JOININGS_MAX = 1 << 14;

/**
 * Numbers a stream.
 *
 * @param participant The number of the participant, below 2^18.
 * @param joining How often it has joined before.
 * @returns A number below 2^32.
 */
export function streamNumber(participant: number, joining: number): number {
  return participant * JOININGS_MAX + (joining % JOININGS_MAX);
}

/** A stream's number as it is told: participant and joining. */
export function streamText(stream: number): string {
  return `${Math.floor(stream / JOININGS_MAX)}.${stream % JOININGS_MAX}`;
}
