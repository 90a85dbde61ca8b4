/**
 * Every kind of ring while somebody overwrites any word just before it is looked at: calls come to an end, nothing
 * outside the ring is handed out or written, and once the lies are over newcomers understand each other.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { PATIENCE_MS, runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { mutateRing } from "../topic/support/mutant-ring.ts";
import * as SOURCE from "../topic/support/ring-source.ts";
import { type RingSource, type RingSubscriber, RingWorld } from "../topic/support/ring-world.ts";
import { ByteLane, FixedLane, type Lane } from "./lane.ts";
import { type Lie, LyingWords, someLies } from "./lying-words.ts";

setDefaultTimeout(PATIENCE_MS);

const SUBSCRIBERS_MAX = 3;
const RUNS = runs<unknown>(4000);
/** Always the same search for a mistake that is known to be there. */
const SEARCH = { seed: 1, numRuns: 20_000, endOnFailure: true } as const;

const starts = fc.constantFrom(0, 5, 2 ** 31 - 20, 2 ** 32 - 20, 2 ** 52);

const count = fc.integer({ min: 1, max: 40 });
const slot = fc.nat(SUBSCRIBERS_MAX - 1);

type Step =
  | { readonly what: "send" | "reopen sender" | "reopen receiver"; readonly count: number }
  | { readonly what: "receive"; readonly count: number; readonly slot: number }
  | { readonly what: "join"; readonly slot: number; isGating: boolean; isHistory: boolean };

const sending = fc.record({ what: fc.constantFrom("send", "reopen sender"), count });
const receiving = fc.record({ what: fc.constant("receive"), count, slot });
const joining = fc.record({
  what: fc.constant("join"),
  slot,
  isGating: fc.boolean(),
  isHistory: fc.boolean(),
});

describe("a lane whose words are overwritten by lies", () => {
  const reopening = fc.record({ what: fc.constant("reopen receiver"), count });
  const script = fc.array(fc.oneof(sending, receiving, reopening), { maxLength: 20 });

  test.each([
    ["slots", (start: number, lies: readonly Lie[]) => new FixedLane(16, start, lies)],
    ["bytes", (start: number, lies: readonly Lie[]) => new ByteLane(256, start, lies)],
  ] as const)("of %s does what it can", (_, laneOf) => {
    const property = fc.property(starts, someLies, script, (start, lies, steps) => {
      const lane: Lane = laneOf(start, lies);
      for (const step of steps as Step[]) {
        lane.words.call(() => {
          if (step.what === "send") lane.send(step.count);
          else if (step.what === "reopen sender") lane.reopenSender();
          else if (step.what === "reopen receiver") lane.reopenReceiver();
          else if (step.what === "receive") lane.receive(step.count);
        });
      }
      lane.words.beHonest();
      // Who has believed a lie may wait for ever; newcomers do not.
      lane.reopenReceiver();
      lane.reopenSender();
      lane.receive(1000);
      // The first look at the new sender may still find a position that was a lie.
      lane.send(1);
      lane.receive(1000);
      expect(lane.send(3)).toBe(3);
      expect(lane.receive(1000)).toBe(3);
    });
    fc.assert(property, RUNS);
  });
});

/** A ring of many subscribers, by its source. */
function broadcastProperty(source: RingSource, kind: "fixed" | "bytes") {
  const script = fc.array(fc.oneof(sending, receiving, joining), { maxLength: 20 });
  return fc.property(starts, someLies, script, (start, lies, steps) => {
    const world = new RingWorld(source, kind, kind === "fixed" ? 16 : 256, start, (bytes) => {
      return new LyingWords(bytes, lies);
    });
    const words = world.words as LyingWords;
    const subscribers = new Map<number, RingSubscriber>();
    let send = (many: number): number => world.send(many);
    for (const step of steps as Step[]) {
      words.call(() => {
        if (step.what === "send") send(step.count);
        else if (step.what === "reopen sender") send = world.succeed();
        else if (step.what === "join") subscribers.set(step.slot, world.join(step.slot, step));
        else if (step.what === "receive") subscribers.get(step.slot)?.read(step.count);
      });
      for (const { account } of subscribers.values()) {
        // What is handed out from outside of a copy is no number.
        expect(account.mistakes.filter((text) => text.includes("undefined"))).toEqual([]);
      }
    }
    words.beHonest();
    // As who publishes does with those who gate and are not alive.
    world.stopGating();
    send = world.succeed();
    words.call(() => send(100));
    for (const isGating of [true, false]) {
      const late = words.call(() => world.join(0, { isGating, isHistory: false }));
      words.call(() => expect(send(2)).toBe(2));
      words.call(() => late.read());
      expect(late.account).toMatchObject({ received: 2, mistakes: [] });
      late.leave();
    }
  });
}

describe("a ring of many subscribers whose words are overwritten by lies", () => {
  test.each(["fixed", "bytes"] as const)("of %s does what it can", (kind) => {
    fc.assert(broadcastProperty(SOURCE, kind), RUNS);
  });

  test("shows a publisher that believes what it has not judged", async () => {
    const mutant = await mutateRing({
      file: "broadcast-ring",
      changes: [
        [
          "BROADCAST.oldest, isPossible ? oldest : tail)",
          "BROADCAST.oldest, positionAt(words, base + BROADCAST.oldest))",
        ],
      ],
    });
    expect(fc.check(broadcastProperty(mutant, "bytes"), SEARCH).failed).toBe(true);
  });

  test("shows a subscriber that does not look where a copied record ends", async () => {
    const mutant = await mutateRing({
      file: "broadcast-lapped-bytes",
      changes: [["if (unitsOf(length & ~PADDING) <= this.#end) return true;", "return true;"]],
    });
    expect(fc.check(broadcastProperty(mutant, "bytes"), SEARCH).failed).toBe(true);
  });
});
