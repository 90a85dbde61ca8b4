/** A full file system, and leaks: what channels and topics owe alike. */
import { describe, expect, setDefaultTimeout } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { Home } from "@isthmus/testing/home";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { canMount, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { Consumer, oneOf, Producer, Publisher, Subscriber, struct, u32 } from "../../src/index.ts";

// Generous: the tests may have to share a busy machine.
setDefaultTimeout(30_000);

const Tick = struct({ id: u32, side: oneOf("buy", "sell") });
const RECORD = { id: 1, side: "buy" } as const;
const SMALL = { schema: Tick, capacityBytes: 4096 };

const TWINS = [
  ["channel", "maxProducers", Producer, Consumer],
  ["topic", "maxPublishers", Publisher, Subscriber],
] as const;

describe.each(TWINS)("a %s", (_kind, limitName, Sender, Receiver) => {
  testIf(canMount(), "may mount")("when the file system is full, only who joins fails", () => {
    using fileSystem = new SmallFileSystem("size=2m");
    using _home = new Home(fileSystem.path);
    const options = { schema: Tick, capacityBytes: 1 << 20, [limitName]: 4 };
    using first = Sender.createNew("full", options);
    using receiver = Receiver.openExisting("full", options);
    expect(() => Sender.openExisting("full", options)).toThrow("ENOSPC");
    let sent = 0;
    while (first.trySend(RECORD)) sent++;
    expect(sent).toBe(131_072);
    let seen = 0;
    while (receiver.poll(() => seen++) > 0);
    expect(seen).toBe(sent);
  });

  testIf(isLinux, "Linux")("leaves no descriptor, mapping or file behind", () => {
    using home = new Home();
    const cycle = (round: number): void => {
      const onSlow = round % 2 === 0 ? "gate" : "lap";
      using sender = Sender.createNew("cycle", SMALL);
      using receiver =
        Receiver === Consumer
          ? Consumer.openExisting("cycle", SMALL)
          : Subscriber.openExisting("cycle", { ...SMALL, onSlow });
      sender.send(RECORD);
      expect(receiver.receive()).toEqual(RECORD);
    };
    const count = () => ({
      descriptors: readdirSync("/proc/self/fd").length,
      mappings: readFileSync("/proc/self/maps", "latin1").split(home.path).length,
    });
    for (let round = 0; round < 50; round++) cycle(round);
    const before = count();
    for (let round = 0; round < 1000; round++) cycle(round);
    const after = count();
    // What other tests have forgotten may go meanwhile: 1000 cycles that leave something leave more.
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.mappings).toBe(before.mappings);
    expect(home.names()).toEqual([]);
  });
});
