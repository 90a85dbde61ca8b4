/**
 * `bun run stress`: what the tests prove in seconds, at length.
 *
 * Ends with 0 when nothing was found, 1 when something was, 2 for a usage error, 128 + signal when interrupted.
 *
 * @module
 */
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { FAULTS } from "../judges/findings.ts";
import { type PartResult, type SizeName, stress } from "./stress.ts";

/** Every channel needs two descriptors in each of two processes. */
const CHANNELS_MAX = 2000;
const SEED_MAX = 2 ** 31 - 1;
/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 1000;

/** How much is done of everything unless something is asked for, and what it is. */
const SIZES: Readonly<Record<SizeName, readonly [usual: number, what: string, most?: number]>> = {
  records: [50_000_000, "records through channels whose producers and consumers are killed"],
  cycles: [1_000_000, "openings and closings of a channel, and of a mutex"],
  channels: [300, "channels that are open at once", CHANNELS_MAX],
  kills: [10_000, "kills of those who work on a queue"],
  "journal-kills": [10_000, "kills of those who append to a journal and read it"],
  bridge: [1_000_000, "records over a bridge that is struck: ends, server and links"],
};
const NAMES = Object.keys(SIZES) as SizeName[];

const HELP = `Usage: stress [--PART N]... [--seed S] [--json]

Proves at length what the tests prove in seconds. Fails if a record or a job was lost, torn,
duplicated or reordered, somebody stuck, or descriptors, mappings, files or memory were left.
Does all parts, or, where numbers are given, those that there are numbers for.

${NAMES.map((name) => `  ${`--${name}`.padEnd(16)} ${SIZES[name][1]} (${SIZES[name][0]})\n`).join("")}\
  --seed           what all random choices follow from (a new one)
  --json           a record of all figures instead of text
`;

/** A command line that cannot be understood. */
class UsageError extends Error {}

const interruption = new AbortController();
let interruptedBy: NodeJS.Signals | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    interruptedBy ??= signal;
    interruption.abort(new Error(`interrupted by ${signal}`));
  });
}
try {
  await main(process.argv.slice(2));
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  if (interruptedBy !== undefined) process.exitCode = 128 + constants.signals[interruptedBy];
  else process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: readonly string[]): Promise<void> {
  const values = parse(args);
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const isAll = NAMES.every((name) => values[name] === undefined);
  const sizes = Object.fromEntries(
    NAMES.map((name) => {
      const [usual, , most = Number.MAX_SAFE_INTEGER] = SIZES[name];
      return [name, numberOf(name, values[name], isAll ? usual : 0, most)];
    }),
  ) as Record<SizeName, number>;
  const seed = numberOf("seed", values.seed, Math.floor(Math.random() * SEED_MAX), SEED_MAX);
  const options = Object.entries({ ...sizes, seed }).map(([name, value]) => `--${name} ${value}`);
  tell(options.join(" "));
  const { signal } = interruption;
  const results = await stress({
    sizes,
    seed,
    signal,
    onProgress: everySecond(tell),
    onNote: tell,
  });
  process.stdout.write(
    values.json === true ? `${JSON.stringify(recordOf(seed, results))}\n` : textOf(results),
  );
  signal.throwIfAborted();
  if (results.length === 0) throw new Error("nothing was to be done, or could be");
  if (results.some(({ findings }) => findings.length > 0)) process.exitCode = 1;
}

function tell(text: string): void {
  process.stderr.write(`stress: ${text}\n`);
}

function everySecond(show: (text: string) => void): (describe: () => string) => void {
  let nextMs = performance.now() + PROGRESS_MS;
  return (describe) => {
    const nowMs = performance.now();
    if (nowMs < nextMs) return;
    nextMs = nowMs + PROGRESS_MS;
    show(describe());
  };
}

type Values = Partial<Record<SizeName | "seed", string> & Record<"json" | "help", boolean>>;

function parse(args: readonly string[]): Values {
  const text = { type: "string" } as const;
  const sizes = Object.fromEntries(NAMES.map((name) => [name, text] as const)) as Record<
    SizeName,
    typeof text
  >;
  const help = { type: "boolean", short: "h" } as const;
  const options = { ...sizes, seed: text, json: { type: "boolean" } as const, help };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function numberOf(name: string, given: string | undefined, fallback: number, most: number): number {
  if (given === undefined) return fallback;
  const value = Number(given);
  if (/^\d+$/.test(given) && value <= most) return value;
  throw new UsageError(
    `--${name} must be a whole number from 0 to ${most}: current value is ${JSON.stringify(given)}`,
  );
}

/** The public record; its fields are a contract. */
function recordOf(seed: number, results: readonly PartResult[]): Record<string, unknown> {
  const findings = results.flatMap((result) => result.findings);
  const faults = FAULTS.map((fault) => {
    const counts = findings.filter((one) => one.fault === fault).map(({ count }) => count);
    return [fault, counts.reduce((sum, count) => sum + count, 0)];
  });
  const parts = results.map(({ part, seconds, isInterrupted, figures }) => ({
    part,
    seconds,
    ...(isInterrupted && { interrupted: true }),
    ...figures,
  }));
  return { seed, ...Object.fromEntries(faults), parts };
}

function textOf(results: readonly PartResult[]): string {
  const lines = results.flatMap(({ part, seconds, isInterrupted, figures, findings }) => [
    `${findings.length > 0 ? "FAILED" : isInterrupted ? "cut   " : "ok    "} ${part}, ${seconds.toFixed(1)} s`,
    ...Object.entries(figures).map(
      ([name, value]) =>
        `  ${name.replaceAll("_", " ").padEnd(20)} ${value.toLocaleString("en-US").padStart(14)}`,
    ),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}
