/** A record that is overwritten between the copy and the judgement of it is not given away. */
import { describe, expect, test } from "bun:test";
import { openSync } from "node:fs";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { Publisher } from "../../src/index.ts";
import { LaneTail } from "../../src/observe/lane-tail.ts";
import { MappedSegment } from "../../src/observe/mapped-segment.ts";
import { StateBytes } from "../../src/observe/state-bytes.ts";
import { PLAN_BYTES_MAX, planOf, type RingPlan } from "../../src/observe/tail-plan.ts";
import { Numbered, numbered } from "../flow/support/numbered.ts";

describe("LaneTail.next()", () => {
  for (const looks of [0, 1, 2]) {
    test(`when a publisher comes round after ${looks} looks at the positions`, () => {
      using home = new Home();
      const options = { schema: Numbered, capacityBytes: 64 * Numbered.size };
      using publisher = Publisher.createNew("raced", options);
      for (let i = 0; i < 64; i++) publisher.send(numbered(0, i));
      publisher.flush();
      const path = home.file("raced");
      const flags = { hasLanes: true };
      using segment = new MappedSegment(openSync(path, "r"), path, "raced", flags);
      const { reader, superblock, mapping } = segment;
      const state = reader.bytes(SECTION.state, PLAN_BYTES_MAX.topic) ?? new Uint8Array();
      const plan = planOf("topic", new StateBytes(state, "raced"));
      const [ring] = plan.rings as [RingPlan];
      const offsetOf = (id: number): number =>
        superblock.sections.find((one) => one.id === id)?.offset ?? 0;
      let count = 0;
      const rules: RingPlan["rules"] = {
        ...ring.rules,
        positions: (header) => {
          // The first look is that of the beginning.
          if (count++ === looks + 1) {
            for (let i = 64; i < 128; i++) publisher.send(numbered(0, i));
            publisher.flush();
          }
          return ring.rules.positions(header);
        },
      };
      const headerOffset = offsetOf(SECTION.state) + plan.laneWord(0) * 4;
      const place = { ...ring, rules, lane: 0, headerOffset, ringOffset: offsetOf(SECTION.lanes) };
      const tail = new LaneTail(mapping, place, "held");
      const record = tail.next(Number.MAX_SAFE_INTEGER);
      // Not the record of the first round: that one was gone when it was judged. With a third look there was none.
      const first = looks === 2 ? 0 : 64;
      if (record === undefined) throw new Error("no record");
      const { position, bytes } = record;
      expect(position).toBeGreaterThanOrEqual(first);
      expect(Numbered.decode(new DataView(bytes.buffer), 0)).toEqual(numbered(0, position));
      expect(tail.missed).toBe(position);
    });
  }
});
