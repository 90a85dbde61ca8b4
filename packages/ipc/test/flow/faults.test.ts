/** A full file system, and leaks: what channels and topics owe alike. */

import { describe, expect, test } from "bun:test";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { descriptorCount, mappingsOf } from "@isthmus/testing/process-state";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { canMount, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { oneOf, Subscriber, struct, u32 } from "../../src/index.ts";
import { lieIn } from "../observe/support.ts";
import { FLOWS } from "./support/flows.ts";

// Generous: the tests may have to share a busy machine.
const Tick = struct({ id: u32, side: oneOf("buy", "sell") });
const RECORD = { id: 1, side: "buy" } as const;
const SMALL = { schema: Tick, capacityBytes: 4096 };

describe.each(FLOWS)("a $what", ({ Sender, Receiver, receiving, limitName }) => {
  testIf(canMount, "may mount")("when the file system is full, only who joins fails", () => {
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

  test("counts and skips what its schema does not allow", () => {
    using home = new Home();
    using sender = Sender.createNew("word", SMALL);
    using receiver = Receiver.openExisting("word", { ...SMALL, ...receiving });
    for (let id = 0; id < 3; id++) sender.send({ id, side: "sell" });
    sender.flush();
    const offset = Tick.layout.fields[1]?.offset ?? 0;
    lieIn(home.file("word"), SECTION.lanes, 8 + offset, new Uint8Array([99]));
    expect([receiver.receive().id, receiver.receive().id]).toEqual([0, 2]);
    expect(receiver.metrics).toMatchObject({ records: 3, corruptions: 1, lag: 0 });
    if (receiver instanceof Subscriber) expect(receiver.lost).toBe(0);
  });

  test("is refused when its header cannot be", () => {
    using home = new Home();
    for (let word = 0; word < 6; word++) {
      using _sender = Sender.createNew("header", SMALL);
      lieIn(home.file("header"), SECTION.state, word * 4, new Uint8Array([1, 2, 3, 255]));
      for (const end of [Sender, Receiver]) {
        expect(() => end.openExisting("header", SMALL)).toThrow("cannot be");
      }
    }
  });

  testIf(isLinux, "Linux")("leaves no descriptor, mapping or file behind", () => {
    using home = new Home();
    const cycle = (): void => {
      using sender = Sender.createNew("cycle", SMALL);
      using receiver = Receiver.openExisting("cycle", { ...SMALL, ...receiving });
      sender.send(RECORD);
      expect(receiver.receive()).toEqual(RECORD);
    };
    const count = () => ({
      descriptors: descriptorCount(),
      mappings: mappingsOf(home.path),
    });
    for (let round = 0; round < 50; round++) cycle();
    const before = count();
    for (let round = 0; round < 1000; round++) cycle();
    const after = count();
    // What other tests have forgotten may go meanwhile: 1000 cycles that leave something leave more.
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.mappings).toBe(before.mappings);
    expect(home.names()).toEqual([]);
  });
});
