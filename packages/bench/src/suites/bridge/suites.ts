/**
 * The suites about bridges, as far as one needs them before they run.
 *
 * @module
 */
import type { SuiteSpec } from "../../runner/suite.ts";

const NS = { unit: "ns", labels: [] } as const;

/** All suites of bridges. */
export const BRIDGE_SUITES: readonly SuiteSpec[] = [
  {
    id: "bridge",
    title: "Records of 64 bytes through a NATS server on this machine",
    cases: [
      { name: "channel", title: "channel, bridge, channel", role: "isthmus", ...NS },
      {
        name: "publish",
        title: "js.publish of each record, 256 under way, received by nobody",
        role: "peer",
        ...NS,
      },
    ],
    load: () => import("./bridges.ts"),
  },
  {
    id: "bridgeLatency",
    title: "1,000 records a second through a NATS server on this machine",
    cases: [
      { name: "latency", title: "channel, bridge, channel", role: "isthmus", ...NS },
      {
        name: "core",
        title: "nc.publish, subscription, without JetStream",
        role: "reference",
        ...NS,
      },
    ],
    load: () => import("./bridges.ts"),
  },
];
