#!/usr/bin/env bun
/**
 * The `isthmus` command.
 *
 * @module
 */
import { createProcessHost } from "./process-host.ts";
import { runIsthmus } from "./run.ts";

const exitCode = await runIsthmus(process.argv.slice(2), createProcessHost());
// Not `process.exit`: what is still on its way into a pipe must arrive.
process.exitCode = process.exitCode || exitCode;
