import { describe, expect, test } from "bun:test";
import { Scene } from "../segments/support.ts";

describe("isthmus inspect, of a channel", () => {
  test("shows its ends, lanes, and what has passed, also when all are dead", async () => {
    await using scene = new Scene();
    const consumer = await scene.start("consumer orders");
    const producer = await scene.start("producer orders", "send orders 300");
    await consumer.tell("poll orders 6");
    const pid = [producer.pid, consumer.pid];
    for (const state of ["live", "dead"]) {
      const { stdout } = await scene.run("inspect", "orders");
      expect(stdout).toContain("\nChannel\n  records      JSON\n");
      expect(stdout).toMatch(/^ {2}capacity +4\.00 KiB for each of 8 producers$/m);
      expect(stdout).toMatch(/^ {2}sent +256 records, [\d.]+ KiB$/m);
      expect(stdout).toMatch(/^ {2}consumed +6 records, 48 B$/m);
      expect(stdout).toMatch(/^ {2}lag +250 records \(97\.7 % full\)$/m);
      expect(stdout).toMatch(/^ {2}drops +44$/m);
      expect(stdout).toMatch(
        new RegExp(`^ {2}consumer +holder\\.ts \\(${pid[1]}\\) ${state}`, "m"),
      );
      expect(stdout).toMatch(
        new RegExp(`^ +0 +holder\\.ts \\(${pid[0]}\\) ${state} +256 .* 6 +250 +97\\.7 % +44 `, "m"),
      );
      const [record] = await scene.json("inspect", "orders");
      expect(record?.["channel"]).toMatchObject({
        mode: "json",
        capacity_bytes: 4096,
        max_producers: 8,
        records: 256,
        drops: 44,
        lag: 250,
        lanes: [
          {
            lane: 0,
            producer: { pid: pid[0], alive: state === "live" },
            position: 512,
            records: 256,
            consumed_position: 12,
            consumed_records: 6,
          },
        ],
        consumer: {
          participant: { pid: pid[1], alive: state === "live" },
          records: 6,
          bytes: 48,
          corruptions: 0,
        },
        latency: null,
      });
      for (const one of [producer, consumer]) await one.kill();
    }
  });
});
