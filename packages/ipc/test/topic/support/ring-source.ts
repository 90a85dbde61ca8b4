/**
 * All sources of the ring as one module, so that they are loaded together, also with a mistake in one of them.
 *
 * @module
 */
export * from "../../../src/ring/broadcast-gated.ts";
export * from "../../../src/ring/broadcast-gates.ts";
export * from "../../../src/ring/broadcast-lapped.ts";
export * from "../../../src/ring/broadcast-lapped-bytes.ts";
export * from "../../../src/ring/broadcast-reading.ts";
export * from "../../../src/ring/broadcast-ring.ts";
