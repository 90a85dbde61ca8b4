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
import { type PartResult, type StressSizes, stress } from "./stress.ts";

const DEFAULTS: StressSizes = {
  records: 50_000_000,
  cycles: 1_000_000,
  channels: 300,
  kills: 10_000,
  journalKills: 10_000,
  bridge: 1_000_000,
};
/** Every channel needs two descriptors in each of two processes. */
const CHANNELS_MAX = 2000;
const SEED_MAX = 2 ** 31 - 1;
/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 1000;

const HELP = `Usage: stress [--records N] [--cycles N] [--channels N] [--kills N] [--journal-kills N]
              [--bridge N] [--seed S] [--json]

Proves at length what the tests prove in seconds. Fails if a record or a job was lost, torn,
duplicated or reordered, somebody stuck, or descriptors, mappings, files or memory were left.

  --records   records through channels whose producers and consumers are killed (${DEFAULTS.records}); 0: none
  --cycles    openings and closings of a channel, and of a mutex (${DEFAULTS.cycles}); 0: none
  --channels  channels that are open at once (${DEFAULTS.channels}); 0: none
  --kills     kills of those who work on a queue (${DEFAULTS.kills}); 0: none
  --journal-kills  kills of those who append to a journal and read it (${DEFAULTS.journalKills}); 0: none
  --bridge    records over a bridge whose ends and server are killed and whose links are cut
              (${DEFAULTS.bridge}); 0: none
  --seed      what all random choices follow from (a new one)
  --json      a record of all figures instead of text
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
  const sizes: StressSizes = {
    records: numberOf("--records", values.records, DEFAULTS.records, Number.MAX_SAFE_INTEGER),
    cycles: numberOf("--cycles", values.cycles, DEFAULTS.cycles, Number.MAX_SAFE_INTEGER),
    channels: numberOf("--channels", values.channels, DEFAULTS.channels, CHANNELS_MAX),
    kills: numberOf("--kills", values.kills, DEFAULTS.kills, Number.MAX_SAFE_INTEGER),
    journalKills: numberOf(
      "--journal-kills",
      values["journal-kills"],
      DEFAULTS.journalKills,
      Number.MAX_SAFE_INTEGER,
    ),
    bridge: numberOf("--bridge", values.bridge, DEFAULTS.bridge, Number.MAX_SAFE_INTEGER),
  };
  const seed = numberOf("--seed", values.seed, Math.floor(Math.random() * SEED_MAX), SEED_MAX);
  const { journalKills, ...others } = sizes;
  const named = { ...others, "journal-kills": journalKills, seed };
  const options = Object.entries(named).map(([name, value]) => `--${name} ${value}`);
  tell(options.join(" "));
  const results = await stress({
    ...sizes,
    seed,
    signal: interruption.signal,
    onProgress: everySecond(tell),
    onNote: tell,
  });
  const findings = results.flatMap((result) => result.findings);
  for (const { fault, count, detail } of findings) tell(`${fault} ${count}: ${detail}`);
  process.stdout.write(
    values.json === true ? `${JSON.stringify(recordOf(seed, results))}\n` : textOf(results),
  );
  if (findings.length > 0) process.exitCode = 1;
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

type Values = Partial<
  Record<"records" | "cycles" | "channels" | "kills" | "journal-kills" | "bridge" | "seed", string>
> & {
  readonly json?: boolean;
  readonly help?: boolean;
};

function parse(args: readonly string[]): Values {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const help = { type: "boolean", short: "h" } as const;
  const sizes = {
    records: text,
    cycles: text,
    channels: text,
    kills: text,
    "journal-kills": text,
    bridge: text,
  };
  const options = { ...sizes, seed: text, json: flag, help };
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
    `${name} must be a whole number from 0 to ${most}: current value is ${JSON.stringify(given)}`,
  );
}

/** The public record; its fields are a contract. */
function recordOf(seed: number, results: readonly PartResult[]): Record<string, unknown> {
  const findings = results.flatMap((result) => result.findings);
  const faults = FAULTS.map((fault) => {
    const counts = findings.filter((one) => one.fault === fault).map(({ count }) => count);
    return [fault, counts.reduce((sum, count) => sum + count, 0)];
  });
  const parts = results.map(({ part, seconds, figures }) => ({ part, seconds, ...figures }));
  return { seed, ...Object.fromEntries(faults), parts };
}

function textOf(results: readonly PartResult[]): string {
  const lines = results.flatMap(({ part, seconds, figures, findings }) => [
    `${findings.length === 0 ? "ok    " : "FAILED"} ${part}, ${seconds.toFixed(1)} s`,
    ...Object.entries(figures).map(
      ([name, value]) =>
        `  ${name.replaceAll("_", " ").padEnd(20)} ${value.toLocaleString("en-US").padStart(14)}`,
    ),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}
