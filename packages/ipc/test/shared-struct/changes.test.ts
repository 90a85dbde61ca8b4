/** Following a shared struct: woken, in one process and in several. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { timeoutWakesMax } from "@isthmus/testing/patience";
import type { Peer } from "@isthmus/testing/peer";
import { SharedStruct, struct, u32 } from "../../src/index.ts";
import { peerOf, peers } from "./support/peers.ts";
import { fillSmall, Small, smallOf } from "./support/records.ts";
import { CELLS, SegmentBytes } from "./support/segment-bytes.ts";

/**
 * A look by the clock, each second, may find what somebody who waits for a CPU is about to ring for: seen once in 600 turns, on a
 * machine on which they took twelve seconds. If every hundredth turn was not rung for, it were six.
 */
const TIMEOUT_WAKES_MAX = 3;

const Counter = struct({ count: u32 });

/** A change that makes the record a number. */
function to(count: number): (t: { count: number }) => void {
  return (t) => {
    t.count = count;
  };
}

/** Lets everything that is ready in this process's event loop happen, several times over. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await Bun.sleep(0);
}

describe("SharedStruct.changes()", () => {
  test("begins with the version at the time of the call", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    shared.update(to(1));
    const changes = shared.changes();
    // Called, but not asked for anything yet: what happens from here on counts.
    shared.update(to(2));
    expect(await changes.next()).toEqual({ done: false, value: { count: 2 } });
    await changes.return();
  });

  test("begins behind the version of `since`", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    shared.update(to(1));
    shared.update(to(2));
    const behind = shared.changes({ since: 1 });
    expect(await behind.next()).toEqual({ done: false, value: { count: 2 } });
    const next = behind.next();
    shared.update(to(3));
    expect(await next).toEqual({ done: false, value: { count: 3 } });
    await behind.return();
  });

  test("yields the newest of several changes, once", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    const changes = shared.changes();
    for (let n = 1; n <= 10; n++) shared.update(to(n));
    expect(await changes.next()).toEqual({ done: false, value: { count: 10 } });
    let isSettled = false;
    const next = changes.next().then((result) => {
      isSettled = true;
      return result;
    });
    await turns();
    expect(isSettled).toBe(false);
    shared.update(to(11));
    expect(await next).toEqual({ done: false, value: { count: 11 } });
    await changes.return();
  });

  test("yields a version that changed nothing, and none for an update that throws", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    const changes = shared.changes();
    const next = changes.next();
    const failed = () =>
      shared.update(() => {
        throw new Error("on purpose");
      });
    expect(failed).toThrow("on purpose");
    await turns();
    shared.update(() => {});
    expect(await next).toEqual({ done: false, value: { count: 0 } });
    await changes.return();
  });

  test("several loops of one process see every change that they wait for", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    using other = SharedStruct.openExisting("counter", Counter);
    const loops = [shared.changes(), shared.changes(), other.changes()];
    for (let n = 1; n <= 50; n++) {
      const next = Promise.all(loops.map((loop) => loop.next()));
      if (n % 3 === 0) await turns(); // asleep by then; otherwise on the way there
      (n % 2 === 0 ? shared : other).update(to(n));
      expect((await next).map(({ value }) => value)).toEqual(Array(3).fill({ count: n }));
    }
    for (const loop of loops) await loop.return();
  });

  test("ends with the signal's reason", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    const reason = new Error("enough");
    const controller = new AbortController();
    const changes = shared.changes({ signal: controller.signal });
    const next = changes.next();
    await turns();
    controller.abort(reason);
    expect(await next.catch((error: unknown) => error)).toBe(reason);
    expect(await changes.next()).toEqual({ done: true, value: undefined });
    const late = shared.changes({ signal: controller.signal });
    expect(await late.next().catch((error: unknown) => error)).toBe(reason);
  });

  test("ends when the struct is disposed, waiting or not", async () => {
    using _home = new Home();
    const shared = SharedStruct.createNew("counter", Counter);
    const waiting = shared.changes();
    const next = waiting.next();
    const between = shared.changes();
    shared.update(to(1));
    await between.next();
    await turns();
    const asleep = waiting.next();
    const unborn = shared.changes();
    shared.dispose();
    expect(await next).toEqual({ done: false, value: { count: 1 } });
    for (const end of [asleep, between.next(), unborn.next()]) {
      expect(await end).toEqual({ done: true, value: undefined });
    }
  });

  test("ends the loop in whose body the struct is disposed", async () => {
    using _home = new Home();
    const shared = SharedStruct.createNew("counter", Counter);
    const changes = shared.changes();
    shared.update(to(1));
    let bodies = 0;
    for await (const _value of changes) {
      bodies++;
      shared.dispose();
    }
    expect(bodies).toBe(1);
  });

  test("refuses options that are none", () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("counter", Counter);
    const follow = (options: unknown) => () => shared.changes(options as never);
    expectCode(follow({ signal: "no" }), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(follow({ since: "0" }), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(follow({ since: -1 }), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(follow(null), "TypeError", "ERR_INVALID_ARG_TYPE");
  });
});

describe("SharedStruct.changes() between processes", () => {
  test("wakes several sleeping processes for each change, never by the safety timer", async () => {
    using home = new Home();
    using shared = SharedStruct.createNew("shared", Small, { initial: smallOf(0) });
    const raw = new SegmentBytes(home.file("shared"));
    await using stack = new AsyncDisposableStack();
    const followers = peers(stack, "peer", 3);
    for (const follower of followers) await follower.call("open", "shared");
    for (let round = 1; round <= 100; round++) {
      // One change for each loop: `follow` announces itself, then the change must end it.
      for (const follower of followers) {
        expect(await follower.call<string>("follow", round)).toBe("following");
      }
      shared.update((t) => fillSmall(t, round));
      for (const follower of followers) {
        expect(await follower.answer<number[]>()).toEqual([round]);
      }
    }
    expect(raw.cell(CELLS.changes, "timeoutWakes")).toBeLessThanOrEqual(timeoutWakesMax(300));
    expect(raw.cell(CELLS.changes, "wakes")).toBeGreaterThan(0);
  });

  test("loses no last change under a fast writer, and shows numbers in order", async () => {
    using home = new Home();
    await using stack = new AsyncDisposableStack();
    const [writer, ...followers] = peers(stack, "peer", 4) as [Peer, ...Peer[]];
    await writer.call("open", "shared");
    const raw = new SegmentBytes(home.file("shared"));
    for (const follower of followers) await follower.call("open", "shared");
    let last = 0;
    for (const [times, isPolite] of [
      [20_000, false],
      [3000, true],
    ] as const) {
      last += times;
      for (const follower of followers) await follower.call("follow", last);
      await writer.call("increment", times, isPolite);
      for (const follower of followers) {
        const seen = await follower.answer<number[]>();
        expect(seen.at(-1)).toBe(last);
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
        expect(new Set(seen).size).toBe(seen.length);
      }
    }
    expect(raw.cell(CELLS.changes, "timeoutWakes")).toBeLessThanOrEqual(timeoutWakesMax(last));
  });

  test("passes a number around a ring of processes", async () => {
    using home = new Home();
    await using stack = new AsyncDisposableStack();
    const players = peers(stack, "peer", 3);
    for (const player of players) await player.call("open", "shared");
    const raw = new SegmentBytes(home.file("shared"));
    const turnsEach = 200;
    const ends = players.map((player, place) => player.call("pass", place, 3, 3 * turnsEach));
    await Promise.all(ends);
    expect(await (players[0] as Peer).call<number>("first")).toBe(3 * turnsEach);
    expect(raw.cell(CELLS.changes, "timeoutWakes")).toBeLessThanOrEqual(
      Math.max(TIMEOUT_WAKES_MAX, timeoutWakesMax(3 * turnsEach)),
    );
  });

  test("a killed process that was waiting does not disturb the others", async () => {
    using home = new Home();
    using shared = SharedStruct.createNew("shared", Small, { initial: smallOf(0) });
    await using victim = peerOf("peer");
    await using survivor = peerOf("peer");
    for (const peer of [victim, survivor]) {
      await peer.call("open", "shared");
      await peer.call("follow", 1);
    }
    await victim.kill();
    shared.update((t) => fillSmall(t, 1));
    expect(await survivor.answer<number[]>()).toEqual([1]);
    await using late = peerOf("peer");
    await late.call("open", "shared"); // takes the dead one's place
    await late.call("follow", 2);
    shared.update((t) => fillSmall(t, 2));
    expect(await late.answer<number[]>()).toEqual([2]);
    expect(home.names()).toEqual(["shared"]);
  });

  test("rejects when the struct of the loop has been disposed before", async () => {
    using _home = new Home();
    await using peer = peerOf("peer");
    await peer.call("open", "shared");
    await peer.call("dispose");
    await expectRejection(peer.call("follow", 1), "DisposedError", "ERR_DISPOSED");
  });
});
