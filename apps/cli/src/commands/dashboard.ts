/**
 * `isthmus dashboard`
 *
 * @module
 */
import { resolve } from "node:path";
import { RESULTS_DIRECTORY } from "@isthmus/bench/results";
import { mainCommand } from "@isthmus/programs";
import type { Command } from "@stricli/core";
import { bunOnly } from "../bun-only.ts";
import { COMMAND_NAME } from "../command-name.ts";
import type { Environment, IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { assumed, type CommonFlags, optional } from "../flags.ts";
import { writeJsonLine } from "../output/json.ts";
import { wrap } from "../output/wrap.ts";
import { wholeNumber } from "../parsers.ts";
import { UsageError } from "../usage-error.ts";

interface DashboardFlags extends CommonFlags {
  readonly port?: number;
  readonly intervalMs: number;
  readonly results: string;
}

const DEFAULT_PORT = 4100;
const PORT_MAX = 65_535;
const parsePort = wholeNumber(0, PORT_MAX);
const DEFAULT_INTERVAL_MS = 200;
/** Oftener than this nobody sees, more seldom is not live. */
const INTERVAL_MS_LEAST = 100;
const INTERVAL_MS_MOST = 1000;

/** Serves the page until it is told to end. */
async function runDashboard(this: IsthmusContext, flags: DashboardFlags): Promise<void> {
  const { process, style, cwd, signal } = this;
  const port = flags.port ?? portOf(process.env);
  // Loaded here, so that no other command pays for it.
  const { DashboardServer } = await import("@isthmus/dashboard");
  await using server = await explained(port, () =>
    DashboardServer.start({
      port,
      intervalMs: flags.intervalMs,
      resultsDirectory: resolve(cwd, flags.results),
      command: mainCommand(import.meta.dir, "../main.ts"),
      commandName: COMMAND_NAME,
    }),
  );
  const { url } = server;
  if (flags.json)
    writeJsonLine(process.stdout, { url, port: server.port, pid: globalThis.process.pid });
  else
    process.stdout.write(
      wrap(`The dashboard is at ${url}  (Ctrl-C ends it)\n`, style.stdout.columns),
    );
  await new Promise((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

async function explained<T>(port: number, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      const what = `Cannot serve at port ${port}: it is in use`;
      const next = "end what listens there, or choose another with --port N (0: any)";
      throw new Error(`${what}; ${next}`, { cause: error });
    }
    if (code === "EACCES") {
      const what = `Cannot serve at port ${port}: only the system's administrator may`;
      throw new Error(`${what}; choose one from 1024 with --port N (0: any)`, { cause: error });
    }
    throw error;
  }
}

/** `$PORT` counts where there is no `--port`; an empty one is none. */
function portOf(env: Environment): number {
  const text = env["PORT"];
  if (!text) return DEFAULT_PORT;
  try {
    return parsePort(text);
  } catch {
    throw new UsageError(
      `PORT must be a whole number from 0 to ${PORT_MAX}: received ${JSON.stringify(text)}`,
    );
  }
}

/** The definition of the command. */
export const dashboard: Command<IsthmusContext> = defineCommand({
  run: bunOnly("dashboard", runDashboard),
  // biome-ignore format: a flag is a line.
  flags: {
    port: optional("N", parsePort, `Where to listen (${DEFAULT_PORT}, or $PORT); 0: wherever there is room`),
    intervalMs: assumed(DEFAULT_INTERVAL_MS, "MS", wholeNumber(INTERVAL_MS_LEAST, INTERVAL_MS_MOST), `Time between two looks, ${INTERVAL_MS_LEAST} to ${INTERVAL_MS_MOST}`),
    results: assumed(RESULTS_DIRECTORY, "DIR", String, "Where the benchmark leaves its results"),
  },
  docs: {
    brief: "A page in the browser that shows what flows through shared memory now",
    fullDescription:
      "Serves a page on 127.0.0.1 and prints its address: how many records flow, how late they\n" +
      "are and whether anything is wrong; who takes part, what has happened, and what the\n" +
      "benchmark found. What it watches neither knows nor pays. Ends with Ctrl-C.",
    customUsage: [
      { input: "", brief: `at port ${DEFAULT_PORT}` },
      { input: "--port 0 --json", brief: "wherever there is room; the address as JSON" },
    ],
  },
});
