/**
 * Everything that takes part in the chaos. A further kind of shared thing is one file in `stages/` and one line here.
 *
 * @module
 */
import { bytesWire } from "./roles/bytes-wire.ts";
import { structWire } from "./roles/struct-wire.ts";
import type { Stage } from "./stage.ts";
import { channelStage } from "./stages/channel-stage.ts";
import { floodStage } from "./stages/flood-stage.ts";
import { lockStage } from "./stages/lock-stage.ts";
import { recordStage } from "./stages/record-stage.ts";
import { serviceStage } from "./stages/service-stage.ts";
import { topicStage } from "./stages/topic-stage.ts";
import { unitsStage } from "./stages/units-stage.ts";

/** The stages, in the order in which they are set up. */
export const STAGES: readonly Stage[] = [
  channelStage("orders", structWire, 3),
  channelStage("blobs", bytesWire, 2),
  lockStage,
  unitsStage,
  recordStage,
  topicStage,
  serviceStage,
];

/** Those that leave no room for others: for `bun run stress`. */
export const FLOOD_STAGES: readonly Stage[] = [
  floodStage("flood", structWire, 2),
  floodStage("deluge", bytesWire, 2),
];

/** The stage of that name, if there is one. */
export function stageNamed(wanted: string): Stage | undefined {
  return [...STAGES, ...FLOOD_STAGES].find(({ name }) => name === wanted);
}
