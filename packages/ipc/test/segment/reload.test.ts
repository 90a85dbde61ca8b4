/** Programs that are evaluated again and again in one process: `bun --hot`, and `bun test` with several files. */
import { afterEach, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { linesOf } from "@isthmus/testing/lines-of";
import { removeTree } from "@isthmus/testing/remove-tree";
import { isWindows } from "@isthmus/testing/requirement";

const RELOADS = 20;
const INDEX = join(import.meta.dir, "..", "..", "src", "index.ts");

/** Everything that has a name, opened as programs do who never think of reloads, and one consumer that is kept. */
const PROGRAM = `
import {
  Consumer, json, NamedEvent, NamedMutex, NamedSemaphore, observe, Producer, Publisher, Requester, Responder,
  SharedStruct, struct, Subscriber, u32,
} from ${JSON.stringify(INDEX)};

const state = globalThis;
state.round = (state.round ?? 0) + 1;
const round = state.round;
const schemas = { request: json, response: json };

const producer = Producer.createOrOpen("jobs", { schema: json, maxProducers: 2 });
const consumer = Consumer.createOrOpen("jobs", { schema: json });
const handled = Promise.withResolvers();
void (async () => {
  for await (const record of consumer) handled.resolve([record, round]);
})();
const publisher = Publisher.createOrOpen("news", { schema: json, maxPublishers: 2 });
const subscriber = Subscriber.createOrOpen("news", { schema: json, maxSubscribers: 2 });
const responder = Responder.createOrOpen("service", schemas);
void responder.serve(() => round);
const requester = Requester.createOrOpen("service", { ...schemas, maxRequesters: 2 });
const mutex = NamedMutex.createOrOpen("mutex", { maxParticipants: 2 });
const event = NamedEvent.createNew("event");
const units = NamedSemaphore.createOrOpen("units", { initial: 1, max: 1, returnOnDeath: true });
const shared = SharedStruct.createOrOpen("shared", struct({ round: u32 }));

state.kept ??= Consumer.createOrOpen("kept", { schema: json });
const toKept = Producer.createOrOpen("kept", { schema: json, maxProducers: 1 });

units.wait();
{
  using _lock = mutex.acquire();
}
event.set();
shared.update((value) => { value.round = round; });
producer.send(round);
publisher.send(round);
toKept.send(round);
const names = ["jobs", "news", "service", "mutex", "event", "units", "shared", "kept"];
console.log(JSON.stringify({
  round,
  handled: await handled.promise,
  heard: subscriber.receive(),
  answered: await requester.request(null, { timeoutMs: 200_000 }),
  kept: await state.kept.receiveAsync({ timeoutMs: 200_000 }),
  places: names.map((name) => observe(name).participants.length),
}));
state.clock ??= setInterval(() => {}, 1000);
`;

const directories: string[] = [];

afterEach(() => {
  for (const path of directories.splice(0)) removeTree(path);
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "isthmus-reload-"));
  directories.push(path);
  return path;
}

function environment(home: Home): Record<string, string | undefined> {
  return { ...process.env, ISTHMUS_DIR: home.path };
}

test(`bun --hot reloads a program ${RELOADS} times that never disposes what it has opened`, async () => {
  using home = new Home();
  const folder = directory();
  const path = join(folder, "program.ts");
  writeFileSync(path, PROGRAM);
  const child = Bun.spawn([process.execPath, "--hot", path], {
    // On Windows Bun watches nothing outside of it.
    cwd: folder,
    env: environment(home),
    stdout: "pipe",
    stderr: "pipe",
  });
  try {
    let round = 0;
    for await (const line of linesOf(child.stdout)) {
      round++;
      const { places, ...said } = JSON.parse(line) as { places: number[] };
      expect(said).toEqual({
        round,
        handled: [round, round],
        heard: round,
        answered: round,
        kept: round,
      });
      // Fewer when something has been collected by now that the program does not use any more.
      const most = [2, 2, 2, 1, 1, 1, 1, 2];
      expect(places.map((count, i) => Math.min(count, most[i] ?? 0))).toEqual(places);
      if (round > RELOADS) break;
      appendFileSync(path, `// ${round}\n`);
    }
    expect(round).toBe(RELOADS + 1);
    // One bell and one liveness pipe, however often; they have no files on Windows.
    const pipes = home.files().filter((name) => name.startsWith("."));
    expect(pipes).toHaveLength(isWindows ? 0 : 2);
  } finally {
    child.kill();
    await child.exited;
  }
});

/** A test file as one writes it who knows that a process ends after it. */
const TEST_FILE = `
import { expect, test } from "bun:test";
import { Consumer, json, NamedEvent, NamedMutex, Producer, Requester, Responder, Subscriber } from ${JSON.stringify(INDEX)};

const schemas = { request: json, response: json };
const producer = Producer.createOrOpen("jobs", { schema: json, maxProducers: 1 });
const consumer = Consumer.createOrOpen("jobs", { schema: json });
const responder = Responder.createOrOpen("service", schemas);
const requester = Requester.createOrOpen("service", { ...schemas, maxRequesters: 1 });
const subscriber = Subscriber.createOrOpen("news", { schema: json, maxSubscribers: 1 });
const event = NamedEvent.createNew("event");
const mutex = NamedMutex.createOrOpen("mutex", { maxParticipants: 1 });

test("uses them", async () => {
  producer.send(Bun.main);
  expect(consumer.receive()).toBe(Bun.main);
  void responder.serve(() => Bun.main);
  expect(await requester.request(null, { timeoutMs: 200_000 })).toBe(Bun.main);
  expect(subscriber.tryReceive()).toBeUndefined();
  event.set();
  using _lock = mutex.acquire();
});

for (let i = 0; i < 3; i++) {
  test("opens and forgets", () => {
    const forgotten = Producer.createOrOpen("other", { schema: json, maxProducers: 1 });
    const reader = Consumer.createOrOpen("other", { schema: json });
    forgotten.send(i);
    expect(reader.receive()).toBe(i);
  });
}

test("creates and forgets, last of all: the next file is what finds it forgotten", () => {
  Producer.createNew("unused", { schema: json });
  NamedMutex.createNew("unused-mutex");
});
`;

test("bun test runs several files that each open the same names and dispose nothing", async () => {
  using home = new Home();
  const path = directory();
  mkdirSync(path, { recursive: true });
  for (const name of ["one", "two", "three"]) {
    writeFileSync(join(path, `${name}.test.ts`), TEST_FILE);
  }
  const child = Bun.spawn([process.execPath, "test"], {
    cwd: path,
    env: environment(home),
    stdout: "pipe",
    stderr: "pipe",
  });
  const report = await new Response(child.stderr).text();
  expect([await child.exited, report]).toEqual([0, expect.stringContaining(" 15 pass")]);
});
