/**
 * How the server is told what to do.
 *
 * @module
 */
import { isAbsolute, join } from "node:path";
import { parseArgs } from "node:util";
import { RESULTS_DIRECTORY } from "@isthmus/bench/results";
import type { DashboardOptions } from "./dashboard-server.ts";

/** Where it listens unless told otherwise. */
export const DEFAULT_PORT = 4100;

const PORT_MAX = 65_535;
const DEFAULT_INTERVAL_MS = 200;
/** Faster than this nobody sees, slower is not live. */
const INTERVAL_MS = [100, 1000] as const;

/** What it was told. */
export interface ServerArguments extends DashboardOptions {
  /** Whether to tell the address as JSON. */
  readonly isJson: boolean;
  readonly isHelp: boolean;
}

/** What `--help` prints. */
export const HELP: string = `Usage: dashboard [--port N] [--interval-ms MS] [--results DIR] [--json]

Serves a page on 127.0.0.1 that shows what flows through shared memory now.

  --port         where to listen (${DEFAULT_PORT}, or $PORT); 0: wherever there is room
  --interval-ms  time between two looks, ${INTERVAL_MS.join(" to ")} (${DEFAULT_INTERVAL_MS})
  --results      where the benchmark leaves its results (${RESULTS_DIRECTORY})
  --json         tell the address as a line of JSON
`;

/**
 * Reads the arguments.
 *
 * @param args What stands behind the program's name.
 * @param env The environment; `PORT` counts where there is no `--port`.
 * @param cwd Where relative paths begin.
 * @throws {SyntaxError} When they cannot be understood.
 */
export function parseServerArguments(
  args: readonly string[],
  env: Readonly<Partial<Record<string, string>>>,
  cwd: string,
): ServerArguments {
  const { values } = parseOrExplain(args);
  const { port = env["PORT"] || String(DEFAULT_PORT), results = RESULTS_DIRECTORY } = values;
  const { "interval-ms": interval = String(DEFAULT_INTERVAL_MS) } = values;
  return {
    port: wholeNumber("--port", port, 0, PORT_MAX),
    intervalMs: wholeNumber("--interval-ms", interval, ...INTERVAL_MS),
    resultsDirectory: isAbsolute(results) ? results : join(cwd, results),
    isJson: values.json === true,
    isHelp: values.help === true,
  };
}

function parseOrExplain(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        "interval-ms": { type: "string" },
        results: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(message, { cause: error });
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new SyntaxError(
    `${name} must be a whole number from ${least} to ${most}: received ${JSON.stringify(text)}`,
  );
}
