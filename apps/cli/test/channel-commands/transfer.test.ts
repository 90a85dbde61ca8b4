import { describe, expect, test } from "bun:test";
import { bytes, Producer } from "@isthmus/ipc";
import { KIND, RecordWriter } from "@isthmus/programs/checked-record";
import { ifSignals, isWindows } from "@isthmus/testing/requirement";
import { Stage } from "./support.ts";

/** On Windows this is the proof that processes pass records to each other; elsewhere there are others. */
const COUNT = isWindows ? 1_000_000 : 50_000;
const FIELDS = [
  "role",
  "channel",
  "messages",
  "bytes",
  "elapsed_ms",
  "messages_per_second",
  "lost",
  "corrupt",
];

const WAITS_FOR_CONSUMER = /waiting for a consumer of /;
const WAITS_FOR_PRODUCER = /waiting for a producer of /;

describe("isthmus producer and isthmus consumer", () => {
  for (const first of ["producer", "consumer"] as const) {
    test(`the ${first} may come first; both end with one line of exactly the documented fields`, async () => {
      await using stage = new Stage();
      const lines = {
        producer: `producer --channel orders --count ${COUNT} --size 100`,
        consumer: `consumer --channel orders --count ${COUNT}`,
      };
      const second = first === "producer" ? "consumer" : "producer";
      const early = stage.start(lines[first]);
      await early.says(first === "producer" ? WAITS_FOR_CONSUMER : WAITS_FOR_PRODUCER);
      const late = stage.start(lines[second]);
      const records = { [first]: await early.record(), [second]: await late.record() };
      for (const role of ["producer", "consumer"]) {
        const record = records[role] ?? {};
        expect(Object.keys(record)).toEqual(FIELDS);
        expect(record).toMatchObject({
          role,
          channel: "orders",
          messages: COUNT,
          bytes: COUNT * 100,
          lost: 0,
          corrupt: 0,
        });
        const { elapsed_ms = 0, messages_per_second = 0 } = record;
        expect(elapsed_ms).toBeGreaterThan(0);
        expect((messages_per_second * elapsed_ms) / 1000 / COUNT).toBeCloseTo(1, 2);
      }
      expect(stage.places.leftOver()).toEqual([]);
    });
  }

  test("a person gets a table on stdout and progress on stderr; --quiet keeps the progress back", async () => {
    await using stage = new Stage();
    const producer = stage.startPlain("producer --count 600 --rate 400");
    const consumer = stage.startPlain("consumer --quiet --count 600");
    const [sent, received] = await Promise.all([producer.end(), consumer.end()]);
    expect(sent.stdout).toMatch(
      /^producer of isthmus\n {2}messages +600 {2}37\.5 KiB\n {2}elapsed .* messages\/s, .*B\/s\n {2}lost +0\n {2}corrupt +0\n$/,
    );
    expect(sent.stderr).toMatch(/^isthmus producer: \d+ of 600 sent, \d+ messages\/s/m);
    expect(sent.stderr).toMatch(/^elapsed: from the first record sent to .*consumer.*\n$/m);
    expect(received.stdout).toStartWith("consumer of isthmus\n  messages  ");
    expect(received.stderr).toBe("");
    expect([sent.exitCode, received.exitCode]).toEqual([0, 0]);
  });

  test("three producers share a channel, and the consumer ends when all of them have", async () => {
    await using stage = new Stage();
    const producers = [1, 2, 3].map(() => stage.start("producer --count 20000"));
    for (const producer of producers) await producer.says(WAITS_FOR_CONSUMER);
    const consumer = stage.start("consumer");
    for (const producer of producers) {
      expect(await producer.record()).toMatchObject({ messages: 20_000, lost: 0, corrupt: 0 });
    }
    expect(await consumer.record()).toMatchObject({ messages: 60_000, lost: 0, corrupt: 0 });
    expect(stage.places.leftOver()).toEqual([]);
  });

  test("consumer --count takes producers one after the other and ends at its number", async () => {
    await using stage = new Stage();
    const consumer = stage.start("consumer --count 30000");
    for (const count of [10_000, 20_000]) {
      const producer = stage.start(`producer --count ${count}`);
      expect(await producer.record()).toMatchObject({ messages: count });
    }
    expect(await consumer.record()).toMatchObject({ messages: 30_000, lost: 0, corrupt: 0 });
  });

  ifSignals("consumer --follow goes on after its producers", async () => {
    await using stage = new Stage();
    const consumer = stage.start("consumer --follow");
    for (const count of [100, 200]) await stage.start(`producer --count ${count}`).record();
    await consumer.says(/waiting for another producer/);
    consumer.signal("SIGINT");
    expect(await consumer.record(130)).toMatchObject({ messages: 300, lost: 0, corrupt: 0 });
  });

  test("--rate spreads the records over the time", async () => {
    await using stage = new Stage();
    const producer = stage.start("producer --rate 200 --count 200");
    const consumer = stage.start("consumer --count 200");
    const [sent, received] = await Promise.all([producer.record(), consumer.record()]);
    // 199 intervals of 5 ms, less what is made up for at once. A busy consumer may get all of them late.
    expect(sent["elapsed_ms"]).toBeGreaterThan(800);
    expect([sent["messages"], received["messages"]]).toEqual([200, 200]);
  });

  test("a producer that is silent for long is waited for as long as it lives", async () => {
    await using stage = new Stage();
    const consumer = stage.start("consumer");
    const producer = stage.start("producer --rate 0.6 --count 2");
    expect(await producer.record()).toMatchObject({ messages: 2 });
    expect(await consumer.record()).toMatchObject({ messages: 2, lost: 0, corrupt: 0 });
  });

  test.each([
    ["the shortest record", 24, 1000, ""],
    ["a length that is no whole number of words", 61, 1000, ""],
    ["the longest record of a channel that the consumer created", 2 ** 21 - 8, 5, ""],
    ["the longest record of a small channel", 504, 1000, " --capacity 1000"],
  ])("%s: %d bytes", async (_, size, count, capacity) => {
    await using stage = new Stage();
    const consumer = stage.start(`consumer --count ${count}${capacity}`);
    await consumer.says(WAITS_FOR_PRODUCER);
    const producer = stage.start(`producer --size ${size} --count ${count}${capacity}`);
    expect(await producer.record()).toMatchObject({ messages: count, bytes: count * size });
    expect(await consumer.record()).toMatchObject({ messages: count, bytes: count * size });
  });

  test("the producer makes room for records larger than usual when it comes first", async () => {
    await using stage = new Stage();
    const producer = stage.start("producer --size 5000000 --count 4");
    await producer.says(WAITS_FOR_CONSUMER);
    const consumer = stage.start("consumer --count 4");
    expect(await consumer.record()).toMatchObject({ messages: 4, bytes: 20_000_000, corrupt: 0 });
    expect(await producer.record()).toMatchObject({ messages: 4 });
  });

  test("records that do not fit the channel of the other end: 1, and what to do", async () => {
    await using stage = new Stage();
    const consumer = stage.start("consumer --capacity 65536");
    await consumer.says(WAITS_FOR_PRODUCER);
    const { exitCode, stderr } = await stage.start("producer --size 100000").end();
    expect(stderr).toContain("<= 32760 bytes");
    expect(stderr).toContain("start both ends with a larger --capacity, or the producer first");
    expect(exitCode).toBe(1);
    // What it said before it went is enough for the other end.
    expect(await consumer.record()).toMatchObject({ messages: 0, lost: 0, corrupt: 0 });
  });

  test("the consumer finds what is missing, changed or repeated, and fails", async () => {
    await using stage = new Stage();
    const consumer = stage.start("consumer --channel bad");
    await consumer.says(WAITS_FOR_PRODUCER);
    await stage.inside(async () => {
      using producer = Producer.openExisting("bad", { schema: bytes });
      const writer = new RecordWriter(40, 7, process.pid);
      for (const sequence of [0, 1, 3, 4, 4]) producer.send(writer.data(sequence));
      const changed = writer.data(5);
      changed[30] = (changed[30] as number) ^ 1;
      producer.send(changed);
      producer.send(writer.end(KIND.finished, 8));
    });
    // 2 was left out; so were 5, which cannot be told from any other once it is changed, 6 and 7.
    expect(await consumer.record(1)).toMatchObject({ messages: 6, lost: 4, corrupt: 2 });
  });
});
