/** Topics that have a journal, between processes: deaths of publishers, of subscribers, of the topic. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { bytes } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { Peer } from "@isthmus/testing/peer";
import { KILLED } from "@isthmus/testing/requirement";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Journal, JournalPublisher, JournalSubscriber } from "../../src/index.ts";
import { stormRecord } from "../journal/support/storm-record.ts";
import { lineOf, RING, TOPIC } from "./support/storm.ts";

const RUNS = Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
const ROUNDS = 3;
const FIXTURE = join(import.meta.dir, "fixtures", "participant.ts");
const SCHEMA = { schema: bytes } as const;

function start(operation: string, ...parameters: readonly unknown[]): Peer {
  const peer = new Peer([process.execPath, FIXTURE]);
  peer.send(operation, ...parameters);
  return peer;
}

/** A subscriber's lives, and what they have been given. */
class Follower {
  readonly #path: string;
  readonly #notes: string;
  peer: Peer;

  constructor(path: string, notes: string) {
    this.#path = path;
    this.#notes = notes;
    this.peer = this.#start();
  }

  get lines(): string[] {
    return linesIn(this.#notes);
  }

  /** Kills it; another one goes on where it was. */
  async restart(): Promise<void> {
    await this.peer.kill();
    this.peer = this.#start();
  }

  #start(): Peer {
    return start("subscribe", this.#path, this.#notes, this.lines.length + 1);
  }
}

/** The lines of a file; what has no line feed has not been noted. */
function linesIn(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

describe("a topic that has a journal, between processes", () => {
  test("loses nothing, repeats nothing and keeps the order, whoever is killed at any moment", async () => {
    for (let run = 0; run < RUNS; run++) await storm(new SeededRandom(run));
  });

  test("gives what a publisher has appended that died before it published, though nobody sends any more", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, SCHEMA);
    using subscriber = JournalSubscriber.createOrOpen(TOPIC, { journal, ...RING });
    await using dying = start("send", path);
    const lines = [lineOf(await subscriber.receiveAsync())];
    dying.send("dieBetween");
    lines.push(lineOf(await subscriber.receiveAsync()));
    expect(await dying.end()).toBe(KILLED);
    const expected = [1, 2].map((n) => {
      return lineOf({ sequence: n, time: 0, value: new Uint8Array(stormRecord(n)) });
    });
    expect(lines).toEqual(expected);
    expect(subscriber.metrics).toMatchObject({ live: 1, history: 1, missing: 0 });
  });
});

/** Two who publish and two who follow, killed and replaced; the topic's memory is removed, too. */
async function storm(random: SeededRandom): Promise<void> {
  using _home = new Home();
  using directory = new TemporaryDirectory();
  const path = directory.file("j");
  const promises = directory.file("promises");
  using journal = Journal.open(path, { ...SCHEMA, segmentBytes: 2 ** 16 });
  const followers = ["one", "two"].map((name) => new Follower(path, directory.file(name)));
  for (let round = 0; round < ROUNDS; round++) {
    const seed = round * 10_000;
    const publishers = [0, 1].map((i) => start("publish", path, promises, seed + i * 1000));
    await Promise.all(publishers.map((each) => each.line()));
    if (round === 1) MemoryMappedFile.unlink(TOPIC);
    await Bun.sleep(random.next() * 80);
    if (round > 0) await followers[round % 2]?.restart();
    await Promise.all(publishers.map((each) => each.kill()));
  }
  using publisher = JournalPublisher.createOrOpen(TOPIC, { journal, ...RING });
  const last = publisher.send(stormRecord(7));
  expect(last).toBeGreaterThan(Math.max(...linesIn(promises).map(Number)));
  const expected: string[] = [];
  for await (const entry of journal.read()) expected.push(lineOf(entry));
  expect(expected.length).toBe(last);
  expect(expected.filter((line) => line.includes("torn") || line.includes("gap"))).toEqual([]);
  for (const { peer } of followers) {
    await peer.line();
    await peer.call("reached", last);
  }
  for (const follower of followers) {
    await follower.peer.kill();
    expect(follower.lines).toEqual(expected);
  }
}
