/**
 * The topic that carries the pictures.
 *
 * @module
 */
import { bytes, type TopicOptions } from "@isthmus/ipc";

export const TOPIC = "example-frames";

/** How many pictures the camera may be ahead of the slowest viewer. */
const FRAMES_AHEAD = 6;

/** Room for so many pictures: for 1080p a ring of 64 MiB. */
export function topicOptions(frameLength: number): TopicOptions<typeof bytes> {
  return { schema: bytes, capacityBytes: FRAMES_AHEAD * frameLength, maxPublishers: 1 };
}
