#!/usr/bin/env bun
/**
 * `bun run dashboard`: serves the page until it is told to end.
 *
 * @module
 */
import { DashboardServer } from "./dashboard-server.ts";
import { HELP, parseServerArguments, type ServerArguments } from "./server-arguments.ts";

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
const FAILED = 1;
const USAGE = 2;

process.exitCode = await main();

/** Serves until a signal comes; returns the exit code. */
async function main(): Promise<number> {
  const told = readArguments();
  if (told === undefined) return USAGE;
  if (told.isHelp) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    await using server = await DashboardServer.start(told);
    process.stdout.write(told.isJson ? addressRecord(server) : addressText(server));
    const signal = await nextSignal();
    return 128 + SIGNALS[signal];
  } catch (error) {
    process.stderr.write(`isthmus dashboard: ${explain(error, told.port)}\n`);
    return FAILED;
  }
}

function readArguments(): ServerArguments | undefined {
  try {
    return parseServerArguments(process.argv.slice(2), process.env, process.cwd());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    process.stderr.write(`isthmus dashboard: ${error.message}. See --help\n`);
    return undefined;
  }
}

function addressRecord({ url, port }: DashboardServer): string {
  return `${JSON.stringify({ url, port, pid: process.pid })}\n`;
}

function addressText({ url }: DashboardServer): string {
  return `The dashboard is at ${url}  (Ctrl-C ends it)\n`;
}

/** Waits for a signal. */
async function nextSignal(): Promise<keyof typeof SIGNALS> {
  return await new Promise((resolve) => {
    for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
      process.on(signal, () => resolve(signal));
    }
  });
}

function explain(error: unknown, port: number): string {
  if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
    return `Port ${port} is in use: end what listens there, or choose another with --port N (0: any)`;
  }
  if (error instanceof AggregateError) return error.errors.map(String).join("\n");
  return error instanceof Error ? error.message : String(error);
}
