/**
 * Two processes count together, and one of them is killed: `bun examples/event-counter/main.ts [EVENTS]`.
 *
 * @module
 */
import { ok, strictEqual } from "node:assert";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventCounter } from "./event-counter.ts";
import { SqliteCounter } from "./sqlite-counter.ts";

const NAME = `example-event-counter-${process.pid}`;
const FOR_EVER = 1e9;
const LOOKS = 50;
const ASKS = 10_000;
const events = Number(process.argv[2] ?? 50_000);
if (!(events > 0))
  throw new RangeError(`The number of events must be > 0: it is ${process.argv[2]}`);

/** A worker, and what it says. */
function start(...args: readonly (string | number)[]) {
  const command = [process.execPath, join(import.meta.dir, "worker.ts"), ...args.map(String)];
  const worker = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const lines = linesOf(worker.stdout);
  return {
    next: async (): Promise<string> => (await lines.next()).value ?? "",
    begin: (): void => {
      worker.stdin.write("begin\n");
      worker.stdin.flush();
    },
    kill: async (): Promise<void> => {
      worker.kill("SIGKILL");
      await worker.exited;
    },
    exited: worker.exited,
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Kills one of two who count, and looks whether everything counts that was promised, once. */
async function kill(path: string): Promise<void> {
  using counter = new EventCounter(path, NAME);
  const workers = [1, 2].map((person) => start(path, NAME, person, FOR_EVER));
  const [one, two] = workers as [(typeof workers)[0], (typeof workers)[0]];
  for (const worker of workers) await worker.next();
  for (const worker of workers) worker.begin();
  let promised = 0;
  for (let i = 0; i < 5; i++) promised = Number(await one.next());
  await one.kill();
  const counted = counter.of(1);
  // What it had been promised, and at most what it was about to be told.
  ok(counted >= promised, `${promised} were promised, and ${counted} counted`);
  // The other one goes on, and somebody who comes now finds everything.
  const before = counter.of(2);
  while (counter.of(2) === before) await counter.next();
  await two.kill();
  using late = new EventCounter(path, NAME);
  // What it had appended, and had no time to publish, others have within a second.
  while (counter.total < late.total) await Bun.sleep(10);
  strictEqual(counter.total, late.total);
  strictEqual(late.of(1), counted);
  strictEqual(late.of(1) + late.of(2), late.total);
  console.log(
    `killed; ${counted} of worker 1 count, ${promised} were promised; ${late.total} in all, for everybody`,
  );
}

/** What is measured. */
interface Figures {
  readonly perSecond: number;
  /** From adding in one process until another one has counted it: the median, in milliseconds. */
  readonly seenMs: number;
  /** How long it takes to ask for the count, in microseconds. */
  readonly askUs: number;
}

async function measure(
  open: () => EventCounter | SqliteCounter,
  ...place: string[]
): Promise<Figures> {
  using counter = open();
  const workers = [1, 2].map((person) => start(...place, person, Math.ceil(events / 2)));
  for (const worker of workers) await worker.next();
  const startMs = performance.now();
  for (const worker of workers) worker.begin();
  await Promise.all(workers.map(({ exited }) => exited));
  const perSecond = (events / (performance.now() - startMs)) * 1000;
  const total = Math.ceil(events / 2) * 2;
  strictEqual(counter.total, total);

  const slow = start(...place, 3, LOOKS, 5);
  await slow.next();
  slow.begin();
  const lags: number[] = [];
  while (lags.length < LOOKS) {
    await counter.next();
    const fresh = counter.total - total - lags.length;
    const nowMs = performance.timeOrigin + performance.now();
    for (let i = 0; i < fresh; i++) lags.push(nowMs - Number(await slow.next()));
  }
  await slow.exited;
  strictEqual(counter.total, total + LOOKS);
  const seenMs = lags.sort((a, b) => a - b)[LOOKS >> 1] as number;
  const askMs = performance.now();
  for (let i = 0; i < ASKS; i++) strictEqual(counter.total, total + LOOKS);
  const askUs = ((performance.now() - askMs) / ASKS) * 1000;
  return { perSecond, seenMs, askUs };
}

using directory = mkdtempDisposableSync(join(tmpdir(), "isthmus-event-counter-"));
const file = (name: string): string => join(directory.path, name);
await kill(file("killed.journal"));
const figures = {
  "a table of SQLite": await measure(() => new SqliteCounter(file("sqlite")), file("sqlite"), ""),
  "a journal and a ring": await measure(
    () => new EventCounter(file("events.journal"), NAME),
    file("events.journal"),
    NAME,
  ),
};
const rows = Object.entries(figures).map(([name, { perSecond, seenMs, askUs }]) => {
  const cells = {
    "added by 2 processes": `${Math.round(perSecond)}/s`,
    "counted elsewhere after": `${seenMs.toFixed(2)} ms`,
    "asking for the count": `${askUs.toFixed(2)} µs`,
  };
  return [name, cells] as const;
});
console.table(Object.fromEntries(rows));
