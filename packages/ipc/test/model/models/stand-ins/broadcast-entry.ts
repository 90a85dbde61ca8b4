/**
 * The source of the ring that many read, as one module.
 *
 * @module
 */
export { FixedGatedReader } from "../../../../src/ring/broadcast-gated.ts";
export { Gates, settlePlace, takePlace } from "../../../../src/ring/broadcast-gates.ts";
export { FixedLappedReader } from "../../../../src/ring/broadcast-lapped.ts";
export { FixedBroadcastPublisher } from "../../../../src/ring/broadcast-ring.ts";
