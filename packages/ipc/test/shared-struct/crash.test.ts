/** Writers that die or stop in the middle of an update. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import type { Peer } from "@isthmus/testing/peer";
import { ifSignals, isWindows, KILLED, testIf } from "@isthmus/testing/requirement";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { SharedStruct } from "../../src/index.ts";
import { peerOf } from "./support/peers.ts";
import { fillSmall, isSmallOf, Small, smallOf } from "./support/records.ts";
import { CELLS, recoveriesOf, SegmentBytes } from "./support/segment-bytes.ts";

/** A struct that this process has open, too; record 1 is version 1. */
function makeStruct() {
  const shared = SharedStruct.createNew("shared", Small, { initial: smallOf(0) });
  shared.update((t) => fillSmall(t, 1));
  return shared;
}

/** Another process that has it open. */
async function openPeer(fixture = "peer"): Promise<Peer> {
  const peer = peerOf(fixture);
  await peer.call("open", "shared", ...(fixture === "storm" ? ["small"] : []));
  return peer;
}

describe("a writer killed inside an update", () => {
  test("leaves the last version, and the mutex to the next", async () => {
    using home = new Home();
    using shared = makeStruct();
    const raw = new SegmentBytes(home.file("shared"));
    await using victim = await openPeer();
    expect(await victim.call<string>("enter", 99)).toBe("inside");
    await victim.kill();
    expect(shared.readVersioned()).toEqual({ version: 1, value: smallOf(1) });
    expect(shared.update((t) => fillSmall(t, t.first + 1))).toBe(2);
    expect(recoveriesOf(raw)).toBe(1);
    expect(shared.read()).toEqual(smallOf(2));
  });

  test("with half of the spare copy written leaves the last version whole", async () => {
    using home = new Home();
    using shared = makeStruct();
    await using reader = await openPeer();
    // Once for each copy: the spare one is another every time.
    for (let version = 1; version <= 4; version++) {
      await using victim = await openPeer();
      victim.send("dieInUpdate", home.file("shared"), "half-written");
      expect(await victim.end()).toBe(KILLED);
      expect(shared.readVersioned()).toEqual({ version, value: smallOf(version) });
      expect(await reader.call<number>("first")).toBe(version);
      expect(await reader.call<number>("set", version + 1)).toBe(version + 1);
      expect(shared.read()).toEqual(smallOf(version + 1));
    }
  });

  test("behind the publication leaves the new version, which waiters find by themselves", async () => {
    using home = new Home();
    using shared = makeStruct();
    const raw = new SegmentBytes(home.file("shared"));
    await using victim = await openPeer();
    const changes = shared.changes();
    const next = changes.next();
    victim.send("dieInUpdate", home.file("shared"), "published");
    expect(await victim.end()).toBe(KILLED);
    expect(shared.readVersioned()).toEqual({ version: 2, value: smallOf(2) });
    // Nobody rang: this is what the safety look is for, and what its counter counts.
    expect(await next).toEqual({ done: false, value: smallOf(2) });
    expect(raw.cell(CELLS.changes, "timeoutWakes")).toBe(1);
    expect(shared.update(() => {})).toBe(3);
    await changes.return();
  });

  test("lets those go on who wait for the mutex", async () => {
    using home = new Home();
    using _shared = makeStruct();
    await using victim = await openPeer();
    await using waiter = await openPeer();
    expect(await victim.call<string>("enter", 99)).toBe("inside");
    waiter.send("set", 5);
    await victim.kill();
    expect(await waiter.answer<number>()).toBe(2);
    expect(recoveriesOf(new SegmentBytes(home.file("shared")))).toBe(1);
  });
});

testIf(!isWindows, "children that outlive a killed parent")(
  "a child started inside an update keeps neither the mutex nor the name of its dead parent",
  async () => {
    using home = new Home();
    await using victim = await openPeer();
    const child = await victim.call<number>("enterWithChild");
    try {
      await using heir = await openPeer();
      await victim.kill();
      expect(await heir.call<number>("set", 2)).toBe(1);
      expect(recoveriesOf(new SegmentBytes(home.file("shared")))).toBe(1);
      await heir.call("dispose");
      expect(home.names()).toEqual([]);
    } finally {
      process.kill(child, "SIGKILL");
    }
  },
);

describe("a writer stopped inside an update", () => {
  ifSignals(
    "stops no reader, is not robbed of the mutex, and publishes when it goes on",
    async () => {
      using _home = new Home();
      using shared = makeStruct();
      await using sleeper = await openPeer();
      await using reader = await openPeer();
      expect(await sleeper.call<string>("enter", 7)).toBe("inside");
      sleeper.signal("SIGSTOP");
      await untilStopped(sleeper.pid);
      for (let i = 0; i < 1000; i++) {
        expect(shared.readVersioned()).toEqual({ version: 1, value: smallOf(1) });
      }
      expect(await reader.call<number>("first")).toBe(1);
      const update = () => shared.update(() => {}, { timeoutMs: 50 });
      expectCode(update, "TimeoutError", "ETIMEDOUT");
      const next = shared.changes().next();
      sleeper.signal("SIGCONT");
      sleeper.send("version"); // ends its update
      expect(await sleeper.answer<number>()).toBe(2);
      expect(await next).toEqual({ done: false, value: smallOf(7) });
      expect(shared.update((t) => fillSmall(t, 8))).toBe(3);
    },
  );
});

const IS_STRESS = process.env["ISTHMUS_STRESS"] === "1";
const KILLS = IS_STRESS ? 1000 : 100;
/** Ends the rounds early on a slow machine. */
const BUDGET_MS = IS_STRESS ? 1_200_000 : 18_000;
const WRITERS = 3;
const LONGEST_LIFE_MS = 12;
const SEED = Number(process.env["ISTHMUS_SEED"] ?? Date.now() % 1e9);

test(
  `writers killed -9 at random moments (ISTHMUS_SEED=${SEED}) tear nothing and block nobody`,
  async () => {
    using home = new Home();
    const shared = makeStruct();
    const raw = new SegmentBytes(home.file("shared"));
    const random = new SeededRandom(SEED);
    await using stack = new AsyncDisposableStack();
    let last = 1;
    /** What must be true at every moment. */
    const check = (): void => {
      const { version, value } = shared.readVersioned();
      if (!isSmallOf(value)) throw new Error(`torn: ${Bun.inspect(value)}`);
      if (value.first !== version) throw new Error(`version ${version} is that of ${value.first}`);
      if (version < last) throw new Error(`version ${version} came after ${last}`);
      last = version;
    };
    const startWriter = async () => stack.use(await openPeer("storm"));
    const deadline = performance.now() + BUDGET_MS;
    let kills = 0;
    while (kills < KILLS && performance.now() < deadline) {
      const writers = await Promise.all(Array.from({ length: WRITERS }, startWriter));
      for (const writer of writers) writer.send("writeForever");
      const before = last;
      for (const giveUp = performance.now() + BUDGET_MS; last < before + WRITERS; check()) {
        if (performance.now() > giveUp) throw new Error("the writers do not write");
      }
      for (const writer of writers) {
        const until = performance.now() + random.next() * LONGEST_LIFE_MS;
        while (performance.now() < until) check();
        writer.signal("SIGKILL");
        kills++;
      }
      for (const writer of writers) expect(await writer.end()).toBe(KILLED);
      const version = shared.version;
      expect(shared.update((t) => fillSmall(t, t.first + 1))).toBe(version + 1);
      check();
    }
    // biome-ignore lint/suspicious/noConsole: what was really tried belongs to the result.
    console.log(`${kills} kills, ${last} versions, ${recoveriesOf(raw)} recoveries of the mutex`);
    shared.dispose();
    expect(home.names()).toEqual([]);
  },
  BUDGET_MS + 30_000,
);
