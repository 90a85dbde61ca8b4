/**
 * Processes that count together, one of which is killed: `bun examples/event-counter/main.ts [--events 50000]`.
 *
 * @module
 */
import { ok, strictEqual } from "node:assert";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numberOptions, Program, runExample } from "../shared/processes.ts";
import { count, duration, nowMs, printTable, quantile, ratio } from "../shared/report.ts";
import { EventCounter } from "./event-counter.ts";
import { SqliteCounter } from "./sqlite-counter.ts";

const WORKER = join(import.meta.dir, "worker.ts");
const NAME = "example-events";
const FOR_EVER = 1e9;
const NEWS = 30;
const PAUSE_MS = 5;
const ASKS = 10_000;
const { events } = numberOptions({ events: 50_000 });

/** Where events are: a path, and a name unless it is a table of SQLite. */
type Place = readonly [path: string, name: string];

/** What is measured. */
interface Figures {
  readonly perSecond: number;
  /** From adding in one process until another one has counted it: the median, in milliseconds. */
  readonly newsMs: number;
  /** How long it takes to ask for the count, in milliseconds. */
  readonly askMs: number;
}

/** Kills one of two who count, and looks whether everything counts that was promised, once, for everybody. */
async function kill(signal: AbortSignal, place: Place): Promise<void> {
  using counter = new EventCounter(...place);
  await using victim = new Program(signal, WORKER, ...place, 1, FOR_EVER, 0);
  await using other = new Program(signal, WORKER, ...place, 2, FOR_EVER, 0);
  await other.next();
  let promised = 0;
  for (let i = 0; i < 5; i++) promised = await victim.next();
  await victim.kill();
  ok(counter.of(1) >= promised, `${promised} were promised, and ${counter.of(1)} count`);
  // The other one goes on.
  const before = counter.of(2);
  while (counter.of(2) === before) await counter.next();
  await other.kill();
  using late = new EventCounter(...place);
  strictEqual(late.total, late.of(1) + late.of(2));
  // What was appended, and not published by who died then, others have within a second.
  while (counter.total < late.total) await Bun.sleep(10);
  strictEqual(counter.total, late.total);
  const all = `${count(late.total)} in all, for who was there and who comes`;
  console.log(`worker ${victim.pid} was killed; ${late.of(1)} of its events count; ${all}`);
}

async function measure(
  signal: AbortSignal,
  place: Place,
  open: () => EventCounter | SqliteCounter,
): Promise<Figures> {
  using counter = open();
  const half = Math.ceil(events / 2);
  const total = half * 2;
  const workers = [1, 2].map(async (person) => {
    await using worker = new Program(signal, WORKER, ...place, person, half, 0);
    for (;;) {
      const said = await worker.next<
        number | { readonly startMs: number; readonly endMs: number }
      >();
      if (typeof said !== "number") return said;
    }
  });
  const works = await Promise.all(workers);
  const startMs = Math.min(...works.map((work) => work.startMs));
  const endMs = Math.max(...works.map((work) => work.endMs));
  strictEqual(counter.total, total);

  await using reporter = new Program(signal, WORKER, ...place, 3, NEWS, PAUSE_MS);
  const news: number[] = [];
  while (news.length < NEWS) {
    await counter.next();
    const fresh = counter.total - total - news.length;
    const seenMs = nowMs();
    for (let i = 0; i < fresh; i++) news.push(seenMs - (await reporter.next<number>()));
  }

  const askedMs = nowMs();
  for (let i = 0; i < ASKS; i++) strictEqual(counter.total, total + NEWS);
  return {
    perSecond: (total / (endMs - startMs)) * 1000,
    newsMs: quantile(news, 0.5),
    askMs: (nowMs() - askedMs) / ASKS,
  };
}

await runExample(async (signal) => {
  console.log(`Two workers and ${count(events)} events`);
  using directory = mkdtempDisposableSync(join(tmpdir(), "isthmus-events-"));
  const file = (name: string): string => join(directory.path, name);
  await kill(signal, [file("killed"), NAME]);
  const table: Place = [file("table"), ""];
  const journal: Place = [file("journal"), NAME];
  const sqlite = await measure(signal, table, () => new SqliteCounter(table[0]));
  const memory = await measure(signal, journal, () => new EventCounter(...journal));
  const row = (name: string, { perSecond, newsMs, askMs }: Figures): string[] => [
    name,
    `${count(perSecond)}/s`,
    duration(newsMs),
    duration(askMs),
  ];
  printTable([
    ["events in", "added by two", "counted elsewhere after", "asking for the count"],
    row("a table of SQLite, looked at every ms", sqlite),
    row("a journal, and shared memory", memory),
    [
      "",
      ratio(memory.perSecond, sqlite.perSecond),
      ratio(sqlite.newsMs, memory.newsMs),
      ratio(sqlite.askMs, memory.askMs),
    ],
  ]);
});
