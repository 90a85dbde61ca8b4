/** Waiting in the event loop: how waits end, and what they leave behind. */

import { describe, expect, test } from "bun:test";
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { expectRejection, expectRejections } from "@isthmus/testing/expect-code";
import { until } from "@isthmus/testing/patience";
import { descriptorCount } from "@isthmus/testing/process-state";
import { isLinux, isWindows, testIf } from "@isthmus/testing/requirement";
import { NamedEvent, NamedMutex } from "../../src/index.ts";
import { Segment } from "../../src/segment/segment.ts";
import { ownDoorbell } from "../../src/wait/doorbell.ts";
import { type Condition, waitAsync } from "../../src/wait/wait-for.ts";
import { Home } from "../sync/support/home.ts";
import { Participant, participants } from "../sync/support/participant.ts";

const ifPaths = testIf(!isWindows, "pipes that have a path");

const CELL = 0;
const FOR_EVER = { timeoutMs: Infinity, signal: undefined };

/** A segment with one cell, to wait in by hand. */
function openSegment(): Segment {
  return new Segment("createOrOpen", {
    name: "cell",
    kind: "event",
    cellCount: 1,
    sections: [],
    role: "user",
  });
}

function never(segment: Segment): Condition<true> & { looks: number } {
  const condition = {
    looks: 0,
    attempt: () => {
      condition.looks++;
      return undefined;
    },
    description: "see this",
    cell: segment.cell(CELL),
  };
  return condition;
}

describe("waitAsync()", () => {
  test("is not driven round and round by a life that has ended", async () => {
    using _home = new Home();
    using segment = openSegment();
    const { doorbell } = segment;
    const condition = never(segment);
    const gone = 12_345; // nobody's bell
    const options = { timeoutMs: 60, signal: undefined };
    const result = await waitAsync(condition, doorbell, options, (onDeath) =>
      doorbell.watchLife(gone, onDeath),
    );
    expect(result).toBeUndefined();
    expect(condition.looks).toBeLessThan(60);
  });

  test("hears of a death while it waits, and of one before", async () => {
    using _home = new Home();
    using segment = openSegment();
    const { doorbell, participants } = segment;
    await using participant = new Participant();
    await participant.call("mutex", "createNew", "m");
    using mutex = NamedMutex.openExisting("m");
    await participant.call("acquire", "m");
    const bell = bellOf(participant.pid);
    expect(bell).toBeGreaterThan(0);
    let deaths = 0;
    const unwatch = doorbell.watchLife(bell, () => deaths++);
    await participant.kill();
    await until(() => deaths > 0, "the death is heard of");
    unwatch();
    const again = doorbell.watchLife(bell, () => deaths++);
    await until(() => deaths > 1, "the death is heard of afterwards");
    again();
    expect(participants.list()).toHaveLength(1);
    expect(mutex.owner?.isAlive).toBe(false);
  });

  testIf(isLinux, "/proc")(
    "hears of a death after it has watched anew, and lets go of the liveness pipe in the end",
    async () => {
      using _home = new Home();
      using segment = openSegment();
      const { doorbell } = segment;
      await using participant = new Participant();
      await participant.call("mutex", "createNew", "m");
      using _mutex = NamedMutex.openExisting("m");
      const bell = bellOf(participant.pid);
      const before = descriptorCount();
      let deaths = 0;
      const onDeath = (): void => void deaths++;
      // As a wait does with every look: the new watch begins before the last one ends.
      const first = doorbell.watchLife(bell, onDeath);
      const second = doorbell.watchLife(bell, onDeath);
      first();
      second();
      await until(() => descriptorCount() === before, "the liveness pipe is closed");
      const third = doorbell.watchLife(bell, onDeath);
      const fourth = doorbell.watchLife(bell, onDeath);
      third();
      await participant.kill();
      await until(() => deaths > 0, "the death is heard of");
      fourth();
    },
  );

  test("ends when its segment is disposed, and takes its request back", async () => {
    using _home = new Home();
    const segment = openSegment();
    using other = openSegment();
    const waits = [never(segment), never(segment)].map((condition) =>
      waitAsync(condition, segment.doorbell, FOR_EVER),
    );
    await Bun.sleep(0);
    const { slot } = segment;
    segment.dispose();
    await expectRejections(waits, "DisposedError", "ERR_DISPOSED");
    expect(other.participants.disarm(slot, 0)).toBe(false);
    const condition = never(segment);
    const late = waitAsync(condition, segment.doorbell, FOR_EVER);
    await expectRejection(late, "DisposedError", "ERR_DISPOSED");
  });

  ifPaths("goes on looking now and then when its pipe has been taken away", async () => {
    using home = new Home();
    using event = NamedEvent.createNew("e");
    await using participant = new Participant();
    await participant.call("event", "openExisting", "e");
    const own = ownDoorbell().bell.toString(16).padStart(14, "0");
    unlinkSync(join(home.path, `.bell-${own}`));
    const wait = event.waitAsync();
    await participant.call("set", "e");
    await wait;
    expect(event.isSet).toBe(false);
  });

  test("passes an error of the condition on, and ends", async () => {
    using _home = new Home();
    using segment = openSegment();
    const { doorbell } = segment;
    let isBroken = false;
    const attempt = (): undefined => {
      if (isBroken) throw new RangeError("broken");
    };
    const condition = { attempt, description: "see this", cell: segment.cell(0) };
    const wait = waitAsync(condition, doorbell, FOR_EVER).catch((error: Error) => error.message);
    isBroken = true;
    segment.cell(0).wake();
    expect(await wait).toBe("broken");
    expect(segment.participants.disarm(segment.slot, 0)).toBe(false);
  });

  testIf(isLinux, "/proc")("keeps no descriptor, and no pipe of a dead process", async () => {
    using home = new Home();
    using event = NamedEvent.createNew("e");
    // Warm: the doorbell is made, and the runtime has opened what it opens once.
    await event.waitAsync({ timeoutMs: 1 }).catch(() => {});
    await Bun.sleep(60);
    const before = descriptorCount();
    for (let round = 0; round < 10; round++) {
      await using participant = new Participant();
      await participant.call("event", "openExisting", "e");
      const wait = event.waitAsync();
      await participant.call("set", "e");
      await wait;
      await participant.kill();
    }
    await until(() => descriptorCount() <= before + 2, "descriptors are closed");
    home.collect();
    expect(home.files().map((name) => name.slice(0, 6))).toEqual([...Home.hidden(1), "e"]);
  });
});

describe("Doorbell", () => {
  ifPaths("is made where others find it, while they collect leftovers", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [maker, ...collectors] = participants(stack, 4, "doorbells") as [
      Participant,
      ...Participant[],
    ];
    const collections = Promise.all(collectors.map((one) => one.call("collect")));
    // Two descriptors each, which stay open until the process ends.
    expect(await maker.call<string[]>("make", 450)).toEqual([]);
    for (const one of collectors) await one.call("stop");
    await collections;
  });

  test("ringing somebody who is gone, or never was, is false", async () => {
    using _home = new Home();
    const doorbell = ownDoorbell();
    await using participant = new Participant();
    await participant.call("mutex", "createNew", "m");
    const bell = bellOf(participant.pid);
    expect(doorbell.ring(bell)).toBe(true);
    expect(doorbell.ring(1)).toBe(false);
    expect(doorbell.ring(0)).toBe(false);
    await participant.kill();
    doorbell.ring(bell); // may still find the open pipe
    expect(doorbell.ring(bell)).toBe(false);
  });

  test("rings that nobody reads fill a pipe and harm nobody", async () => {
    using _home = new Home();
    using event = NamedEvent.createNew("e");
    await using participant = new Participant();
    await participant.call("event", "openExisting", "e");
    const doorbell = ownDoorbell();
    const bell = bellOf(participant.pid, "e");
    for (let ring = 0; ring < 70_000; ring++) {
      if (!doorbell.ring(bell)) throw new Error(`ring ${ring} failed`);
    }
    const wait = participant.call("waitAsync", "e");
    event.set();
    await wait;
  });
});

/** The doorbell's number of a process that has opened a mutex or an event. */
function bellOf(pid: number, name = "m"): number {
  const isMutex = name === "m";
  using segment = new Segment("openExisting", {
    name,
    kind: isMutex ? "mutex" : "event",
    cellCount: 1,
    sections: [isMutex ? { id: 4, length: 128 } : { id: 5, length: 64 }],
    role: "user",
  });
  return segment.participants.list().find((one) => one.pid === pid)?.bell ?? 0;
}
