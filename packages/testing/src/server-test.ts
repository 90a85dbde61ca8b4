/**
 * Tests with a real NATS server.
 *
 * @module
 */
import { findNatsServer } from "@isthmus/programs/nats-server";
import { testIf } from "./requirement.ts";

/** Whether there is one to start. */
export const hasServer: boolean = findNatsServer() !== undefined;

/** `test` where there is one. */
export const serverTest: ReturnType<typeof testIf> = testIf(hasServer, "nats-server");
