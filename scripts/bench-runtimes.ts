/**
 * `bun run bench:runtimes [ROUNDS]`: the same figures on Bun, Node.js and Deno, in turn, as a table.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { nameRoot } from "../packages/programs/src/name-root.ts";
import { linesOf } from "../packages/testing/src/lines-of.ts";
import { otherRuntimes } from "./other-bun.ts";

const ROUNDS = Number(process.argv[2] ?? "5");
const RECORDS = 2_000_000;
const BENCH = join(import.meta.dir, "..", "packages", "bench", "src");
const FIGURE = join(BENCH, "runtimes", "figure-main.ts");
const PARTICIPANT = join(BENCH, "suites", "messages", "participant.ts");

const { node, deno } = otherRuntimes();
const RUNTIMES = {
  Bun: [process.execPath],
  "Node.js": [node, "--no-warnings"],
  Deno: [deno, "run", "--allow-all", "--no-check", "--no-lock"],
} as const;
type Name = keyof typeof RUNTIMES;
const NAMES = Object.keys(RUNTIMES) as Name[];

const BARE = "bare lock and unlock";
const LOCK = "NamedMutex, free";

/** What is measured: a case of a suite in nanoseconds, or a role of the sending end in records a second. */
const FIGURES = [
  { title: "readInt32 of a view", of: ["accessors", "readInt32"] },
  { title: "a struct read in place", of: ["structs", "cursorRead"] },
  { title: BARE, of: ["locks", "bareMutex"] },
  { title: LOCK, of: ["locks", "mutex"] },
  { title: "NamedSemaphore, free", of: ["locks", "semaphore"] },
  { title: "NamedEvent, set and taken", of: ["locks", "event"] },
  { title: "a record, one process, bursts", of: ["counters", "burst"] },
  { title: "`batch`, two processes", role: "batches" },
  { title: "`send`, two processes", role: "sends" },
] as const;

const home = mkdtempSync(join(nameRoot(), "isthmus-bench-"));

function start(command: readonly string[]) {
  return Bun.spawn([...command], {
    // Bun hands on the environment with which it was started, whatever was assigned since (1.4.5).
    env: { ...process.env, ISTHMUS_DIR: home },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
}

async function measure(runtime: Name, figure: (typeof FIGURES)[number]): Promise<number> {
  const command = RUNTIMES[runtime];
  if ("of" in figure) {
    await using child = start([...command, FIGURE, ...figure.of]);
    const text = await new Response(child.stdout).text();
    await mustEndWell(child, `${figure.title} on ${runtime}`);
    return Number(text);
  }
  const channel = ["channel", String(RECORDS)];
  await using receiver = start([...command, FIGURE, "receive", ...channel]);
  const lines = linesOf(receiver.stdout);
  await lines.next();
  await using sender = start([...command, PARTICIPANT, figure.role, ...channel]);
  // Without the one end the other would wait.
  await mustEndWell(sender, `the sender of ${figure.title} on ${runtime}`);
  const { value } = await lines.next();
  await mustEndWell(receiver, `the receiver of ${figure.title} on ${runtime}`);
  // In nanoseconds a record, as the others.
  return 1e9 / Number(value);
}

async function mustEndWell(child: ReturnType<typeof start>, what: string): Promise<void> {
  const exitCode = await child.exited;
  if (exitCode !== 0) throw new Error(`${what} ended with ${exitCode ?? child.signalCode}`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The ratio of pairs that were measured one after the other, and how far it goes. */
function ratio(values: readonly number[], base: readonly number[]): string {
  const ratios = values.map((value, round) => value / (base[round] as number));
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  return `${median(ratios).toFixed(2)}x (${least.toFixed(2)}–${most.toFixed(2)})`;
}

type Figures = Record<Name, number[]>;

/** All rounds of one figure, and its row of the table. */
async function tabulate(figure: (typeof FIGURES)[number]): Promise<Figures> {
  const found: Figures = { Bun: [], "Node.js": [], Deno: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of NAMES) found[name].push(await measure(name, figure));
  }
  const cells = NAMES.map((name) => median(found[name]).toPrecision(3));
  const ratios = [ratio(found["Node.js"], found.Bun), ratio(found.Deno, found.Bun)];
  console.log(`| ${[figure.title, ...cells, ...ratios].join(" | ")} |`);
  return found;
}

try {
  console.log("| ns | Bun | Node.js | Deno | Node.js / Bun | Deno / Bun |");
  console.log("| -- | --- | ------- | ---- | ------------- | ---------- |");
  const found = new Map<string, Figures>();
  for (const figure of FIGURES) found.set(figure.title, await tabulate(figure));
  const [lock, bare] = [found.get(LOCK), found.get(BARE)];
  if (lock !== undefined && bare !== undefined) {
    const told = NAMES.map((name) => `${name} ${ratio(lock[name], bare[name])}`).join(", ");
    console.log(`\n${LOCK}, beside ${BARE}: ${told}`);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
