/**
 * Channels against what one would use instead, two processes each: `bun packages/bench/src/channel.ts`.
 *
 * Rounds of all cases are interleaved, so that a machine that is busy for a while is so for all of them, and every
 * round runs in fresh processes. Checksums are verified inside the timed part. `--json` prints the figures as JSON,
 * `--rounds=5` sets how many rounds there are.
 *
 * @module
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One line of the table. */
interface Claim {
  readonly what: string;
  readonly measured: string;
  readonly baseline: string;
  /** How the two make the factor that is to be reached. */
  readonly factor: (measured: number, baseline: number) => number;
  readonly isReached: (factor: number) => boolean;
  readonly reach: string;
  readonly unit: "records/s" | "ns" | "bytes/s" | "bytes";
}

const faster = (measured: number, baseline: number): number => measured / baseline;
const slower = (measured: number, baseline: number): number => baseline / measured;
const atLeast = (bound: number) => ({
  isReached: (factor: number): boolean => factor >= bound,
  reach: `>= ${bound}x`,
});
const atMost = (bound: number) => ({
  isReached: (factor: number): boolean => factor <= bound,
  reach: `<= ${bound}x`,
});
const RATE = { factor: faster, unit: "records/s" } as const;
const TIME = { factor: faster, unit: "ns" } as const;

const CLAIMS: readonly Claim[] = [
  {
    what: "batch(256) to poll / pipe *",
    measured: "batch",
    baseline: "pipe",
    ...RATE,
    ...atLeast(80),
  },
  { what: "claim to poll / pipe *", measured: "claim", baseline: "pipe", ...RATE, ...atLeast(80) },
  {
    what: "send(object) to poll / pipe *",
    measured: "send",
    baseline: "pipe",
    ...RATE,
    ...atLeast(35),
  },
  {
    what: "send to for await / spawn ipc *",
    measured: "follow",
    baseline: "ipc",
    ...RATE,
    ...atLeast(5),
  },
  {
    what: "four senders / one sender *",
    measured: "fourSenders",
    baseline: "send",
    ...RATE,
    ...atLeast(0.5),
  },
  {
    what: "round trip, spinning / two words",
    measured: "spinning",
    baseline: "words",
    ...TIME,
    ...atMost(1.5),
  },
  {
    what: "round trip, asleep / two pipes",
    measured: "asleep",
    baseline: "bell",
    ...TIME,
    ...atMost(2),
  },
  {
    what: "copies in one process / 1 MiB records",
    measured: "large",
    baseline: "copy",
    factor: slower,
    unit: "bytes/s",
    ...atMost(2),
  },
  {
    what: "heap growth over 10 M claim/poll",
    measured: "heap",
    baseline: "heap",
    factor: (bytes) => bytes,
    unit: "bytes",
    ...atMost(65_536),
  },
];

const DEFAULT_ROUNDS = 5;

function runRound(name: string, directory: string): number {
  const script = join(import.meta.dir, "channel-round.ts");
  const { stdout, exitCode } = Bun.spawnSync([process.execPath, script, name, directory], {
    env: { ...process.env, ISTHMUS_DIR: join(directory, "names") },
    stderr: "inherit",
  });
  const figure = Number(stdout.toString());
  if (exitCode !== 0 || !Number.isFinite(figure)) throw new Error(`"${name}" failed: ${exitCode}`);
  return figure;
}

function measure(rounds: number): Map<string, number[]> {
  const names = [...new Set(CLAIMS.flatMap(({ measured, baseline }) => [measured, baseline]))];
  const figures = new Map(names.map((name) => [name, [] as number[]]));
  const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const directory = mkdtempSync(join(parent, "isthmus-bench-"));
  try {
    for (let round = 1; round <= rounds; round++) {
      process.stderr.write(`round ${round} of ${rounds}\n`);
      for (const [name, list] of figures) list.push(runRound(name, directory));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return figures;
}

function summaryOf(figures: readonly number[]) {
  const sorted = figures.toSorted((one, two) => one - two);
  const [min = 0] = sorted;
  return { median: sorted[sorted.length >> 1] ?? 0, min, max: sorted.at(-1) ?? 0 };
}

function report(figures: Map<string, number[]>) {
  return CLAIMS.map(({ what, measured, baseline, factor, isReached, reach, unit }) => {
    const mine = summaryOf(figures.get(measured) ?? []);
    const theirs = summaryOf(figures.get(baseline) ?? []);
    const value = factor(mine.median, theirs.median);
    // On a machine with other work, the best round of each is the one that others disturbed least.
    const best = unit === "ns" ? factor(mine.min, theirs.min) : factor(mine.max, theirs.max);
    return {
      what,
      unit,
      measured: mine,
      baseline: theirs,
      factor: value,
      factorOfBest: best,
      reach,
      isReached: isReached(value),
    };
  });
}

function short(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)}G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  return value >= 1e4 ? `${(value / 1e3).toFixed(1)}k` : value.toFixed(0);
}

function print(lines: ReturnType<typeof report>): void {
  for (const { what, unit, measured, baseline, factor, factorOfBest, reach, isReached } of lines) {
    const spread = `${short(measured.median)} (${short(measured.min)}-${short(measured.max)})`;
    const beside = `${short(baseline.median)} (${short(baseline.min)}-${short(baseline.max)})`;
    const verdict = `${factor.toFixed(2)}, best ${factorOfBest.toFixed(2)} (${reach}: ${isReached ? "reached" : "missed"})`;
    process.stdout.write(
      `${what.padEnd(40)} ${spread.padEnd(24)} ${beside.padEnd(24)} ${unit.padEnd(10)} ${verdict}\n`,
    );
  }
  process.stdout.write(
    "* batching: many records per publication, on the sending side by itself or by batch()\n",
  );
}

const rounds = Number(process.argv.find((text) => text.startsWith("--rounds="))?.slice(9));
const lines = report(measure(rounds || DEFAULT_ROUNDS));
if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(lines)}\n`);
else print(lines);
