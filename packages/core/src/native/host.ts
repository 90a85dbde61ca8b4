/**
 * What the floors above may ask of the runtime: the part of its engine that has nothing to do with addresses.
 *
 * @module
 */
import type { Host } from "./engine.ts";
import { engine } from "./runtime.ts";

/** The host environment of this process. */
export const host: Host = engine;
