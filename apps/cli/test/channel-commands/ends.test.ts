/** Ctrl-C, death and absence, on either side. */
import { describe, expect, test } from "bun:test";
import { ifSignals } from "@isthmus/testing/requirement";
import { Stage } from "./support.ts";

const IS_SENDING = /isthmus producer: [1-9][\d,]* .*sent, /;
const IS_RECEIVING = /isthmus consumer: [1-9][\d,]* .*received, /;

describe("Ctrl-C", () => {
  for (const consumerLine of ["consumer", "consumer --count 1000000000"]) {
    ifSignals(`at the producer: both end with summaries that agree (${consumerLine})`, async () => {
      await using stage = new Stage();
      const consumer = stage.start(consumerLine);
      const producer = stage.start("producer --count 0");
      await producer.says(IS_SENDING);
      producer.signal("SIGINT");
      const sent = await producer.record(130);
      const received = await consumer.record(consumerLine === "consumer" ? 0 : 1);
      expect(received).toMatchObject({ messages: sent["messages"], lost: 0, corrupt: 0 });
      expect((await producer.end()).stderr).toEndWith("isthmus: interrupted\n");
      expect(stage.places.leftOver()).toEqual([]);
    });
  }

  for (const [count, exitCode] of [
    [0, 0],
    [1_000_000_000, 1],
  ] as const) {
    ifSignals(
      `at the consumer: both end with summaries that agree (producer --count ${count})`,
      async () => {
        await using stage = new Stage();
        const producer = stage.start(`producer --count ${count}`);
        const consumer = stage.start("consumer");
        await consumer.says(IS_RECEIVING);
        consumer.signal("SIGINT");
        const received = await consumer.record(130);
        const sent = await producer.record(exitCode);
        expect(sent).toMatchObject({ messages: received["messages"], lost: 0, corrupt: 0 });
        expect(received).toMatchObject({ lost: 0, corrupt: 0 });
        expect((await producer.end()).stderr).toContain("the consumer has left\n");
        expect(stage.places.leftOver()).toEqual([]);
      },
    );
  }

  ifSignals(
    "at the consumer: the producer goes on with the next one when it was told to",
    async () => {
      await using stage = new Stage();
      const producer = stage.start("producer --count 0 --rate 20000 --keep-waiting");
      const first = stage.start("consumer");
      await first.says(IS_RECEIVING);
      first.signal("SIGINT");
      const before = await first.record(130);
      await producer.says(/the consumer has left: waiting for a consumer of isthmus/);
      const second = stage.start("consumer");
      await second.says(IS_RECEIVING);
      producer.signal("SIGINT");
      const sent = await producer.record(130);
      const after = await second.record();
      expect(Number(before["messages"]) + Number(after["messages"])).toBe(Number(sent["messages"]));
      expect(after).toMatchObject({ lost: 0, corrupt: 0 });
    },
  );

  for (const role of ["producer", "consumer"]) {
    ifSignals(`at a ${role} that waits for the other end: a summary of nothing`, async () => {
      await using stage = new Stage();
      const run = stage.start(role);
      await run.says(/waiting for a/);
      run.signal("SIGINT");
      expect(await run.record(130)).toMatchObject({ role, messages: 0, elapsed_ms: 0 });
      expect(stage.places.leftOver()).toEqual([]);
    });

    test(`a ${role} says once that it waits for the other end, however long it does`, async () => {
      await using stage = new Stage();
      const { stderr, exitCode } = await stage.start(`${role} --timeout-ms 1500`).end();
      const other = role === "producer" ? "consumer" : "producer";
      expect(stderr.split("\n")[0]).toBe(`isthmus ${role}: waiting for a ${other} of isthmus`);
      expect(stderr.split("\n")[1]).toStartWith("isthmus: Nobody ");
      expect(exitCode).toBe(4);
    });
  }
});

describe("SIGKILL", () => {
  test("of the producer: the consumer says so and ends with all that was published", async () => {
    await using stage = new Stage();
    const consumer = stage.start("consumer");
    const producer = stage.start("producer --count 0");
    await producer.says(IS_SENDING);
    producer.signal("SIGKILL");
    expect((await producer.end()).stdout).toBe("");
    const received = await consumer.record();
    expect(received).toMatchObject({ lost: 0, corrupt: 0 });
    expect(received["messages"]).toBeGreaterThan(0);
    const told = `the producer ${producer.pid} died; it had sent`;
    expect((await consumer.end()).stderr).toContain(told);
    expect(stage.names()).toEqual([]);
  });

  test("of one producer: the other one's records all arrive", async () => {
    await using stage = new Stage();
    const victim = stage.start("producer --count 0 --rate 5000");
    const other = stage.start("producer --count 10000 --rate 4000");
    for (const producer of [victim, other]) await producer.says(/waiting for a consumer/);
    const consumer = stage.start("consumer");
    await victim.says(IS_SENDING);
    victim.signal("SIGKILL");
    await consumer.says(new RegExp(`the producer ${victim.pid} died`));
    expect(await other.record()).toMatchObject({ messages: 10_000 });
    const received = await consumer.record();
    expect(received["messages"]).toBeGreaterThan(10_000);
    expect(received).toMatchObject({ lost: 0, corrupt: 0 });
  });

  ifSignals("of the consumer: the producer waits, and goes on with the next one", async () => {
    await using stage = new Stage();
    const producer = stage.start("producer --count 0 --rate 100000");
    const victim = stage.start("consumer");
    await victim.says(IS_RECEIVING);
    victim.signal("SIGKILL");
    await producer.says(/the consumer died: waiting for a consumer of isthmus/);
    const heir = stage.start("consumer");
    await heir.says(IS_RECEIVING);
    producer.signal("SIGINT");
    const sent = await producer.record(130);
    expect(sent).toMatchObject({ lost: 0, corrupt: 0 });
    const received = await heir.record();
    expect(received).toMatchObject({ lost: 0, corrupt: 0 });
    expect(received["messages"]).toBeLessThan(Number(sent["messages"]));
    expect(stage.names()).toEqual([]);
  });
});

describe("a consumer that takes nothing", () => {
  ifSignals(
    "keeps the producer waiting with its last records, and when it dies its heir gets them",
    async () => {
      await using stage = new Stage();
      const stopped = stage.start("consumer");
      await stopped.says(/waiting for a producer/);
      stopped.signal("SIGSTOP");
      const producer = stage.start("producer --count 100");
      await producer.says(/100 of 100 sent/);
      stopped.signal("SIGKILL");
      await producer.says(/the consumer died: waiting for a consumer/);
      const heir = stage.start("consumer --count 100");
      expect(await heir.record()).toMatchObject({ messages: 100, lost: 0, corrupt: 0 });
      expect(await producer.record()).toMatchObject({ messages: 100 });
    },
  );
});

describe("nobody at the other end", () => {
  test.each([
    ["producer", "Nobody consumes"],
    ["consumer", "Nobody produces for"],
  ])("%s --timeout-ms: 4, with a summary", async (role, message) => {
    await using stage = new Stage();
    const run = stage.start(`${role} --timeout-ms 100 --channel lonely`);
    expect(await run.record(4)).toMatchObject({ role, messages: 0, lost: 0, corrupt: 0 });
    expect((await run.end()).stderr).toContain(`${message} "lonely" after 100 ms`);
    expect(stage.places.leftOver()).toEqual([]);
  });

  test("after the consumer died: what was not taken is not counted, and the producer says so", async () => {
    await using stage = new Stage();
    const victim = stage.start("consumer");
    await victim.says(/waiting for a producer/);
    const producer = stage.start("producer --count 0 --timeout-ms 500");
    await victim.says(IS_RECEIVING);
    victim.signal("SIGKILL");
    expect((await producer.record(4))["messages"]).toBeGreaterThan(0);
    expect((await producer.end()).stderr).toMatch(/[1-9][\d,]* records? stayed behind/);
  });
});

describe("refusals", () => {
  test("a second consumer: 1, and who is the first", async () => {
    await using stage = new Stage();
    const first = stage.start("consumer");
    await first.says(/waiting for a producer/);
    const { exitCode, stdout, stderr } = await stage.start("consumer").end();
    expect(stderr).toContain(`its one consumer is process ${first.pid} (main.ts) since `);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  });

  test("more producers than the channel has lanes: 1, and who has them", async () => {
    await using stage = new Stage();
    const first = stage.start("producer --max-producers 1");
    await first.says(/waiting for a consumer/);
    const { exitCode, stderr } = await stage.start("producer").end();
    expect(stderr).toContain(`belong to the live processes ${first.pid} (main.ts)`);
    expect(exitCode).toBe(1);
  });

  test.each([
    ["producer --size 23", "number of bytes from 24 to 268435448"],
    ["producer --size 268435449", "number of bytes from 24 to 268435448"],
    ["producer --size 1000 --capacity 1000", "--size 1000 needs --capacity 2016 or more"],
    ["producer --count -1", "for count: it must be a whole number"],
    ["producer --rate fast", "it must be a number from 0 to"],
    ["producer --follow", "No flag registered for --follow"],
    ["consumer --count 1.5", "for count: it must be a whole number"],
    ["consumer --channel a/b", "a name has 1 to 200 bytes"],
    ["consumer --max-producers 1025", "whole number from 1 to 1024"],
    ["consumer --timeout-ms soon", "for timeout-ms: it must be a whole number"],
  ])("%s: 2", async (line, message) => {
    await using stage = new Stage();
    const { exitCode, stdout, stderr } = await stage.startPlain(line).end();
    expect(stderr).toContain(message);
    expect(stderr).toEndWith(`See isthmus ${line.split(" ")[0]} --help\n`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stage.places.leftOver()).toEqual([]);
  });
});
