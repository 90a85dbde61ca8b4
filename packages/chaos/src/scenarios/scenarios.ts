/**
 * All scenarios. A further one is one file beside this one, a line here, and its name in `names.ts`.
 *
 * @module
 */
import type { Scenario } from "../scenario.ts";
import { channelScenario } from "./channel.ts";
import { floodScenario } from "./flood.ts";
import { lockScenario } from "./lock.ts";
import type { FloodName, ScenarioName } from "./names.ts";
import { permitsScenario } from "./permits.ts";
import { queueScenario } from "./queue.ts";
import { recordScenario } from "./record.ts";
import { serviceScenario } from "./service.ts";
import { topicScenario } from "./topic.ts";
import { bytesWire, structWire } from "./wire.ts";

/** The scenarios of `isthmus chaos`. */
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  orders: channelScenario("orders", structWire, 3),
  blobs: channelScenario("blobs", bytesWire, 2),
  lock: lockScenario,
  permits: permitsScenario,
  record: recordScenario,
  topic: topicScenario,
  service: serviceScenario,
  jobs: queueScenario("jobs", {
    wire: structWire,
    producers: 2,
    workers: 3,
    capacityBytes: 24 * 192,
    maxAttempts: 3,
  }),
  leases: queueScenario("leases", {
    wire: bytesWire,
    producers: 1,
    workers: 2,
    capacityBytes: 1 << 16,
    maxAttempts: Infinity,
    leaseMs: 100,
  }),
};

/** The scenarios of `bun run stress`. */
export const FLOOD_SCENARIOS: Readonly<Record<FloodName, Scenario>> = {
  flood: floodScenario("flood", structWire, 2),
  deluge: floodScenario("deluge", bytesWire, 2),
};

/** The scenario of that name, if there is one. */
export function scenarioNamed(wanted: string): Scenario | undefined {
  const all = { ...SCENARIOS, ...FLOOD_SCENARIOS };
  return Object.values(all).find(({ name }) => name === wanted);
}
