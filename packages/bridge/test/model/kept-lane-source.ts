/** All that takes part when a bridge fills a lane that is kept for it: loaded as it is, or with a bug. */
export { RelaySink } from "../../../ipc/src/relay/relay-sink.ts";
export { RelaySource } from "../../../ipc/src/relay/relay-source.ts";
export { RingSink } from "../../src/in/ring-sink.ts";
export { Positions } from "../../src/stream/positions.ts";
