/** Producers and consumers in processes of their own: order, waiting, crashes on either side. */
import { expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { ifSignals } from "@isthmus/testing/requirement";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { Consumer, Producer } from "../../src/index.ts";
import { member } from "../flow/support/member.ts";
import { type Account, Ledger, Numbered } from "../flow/support/numbered.ts";

/** A ring of 1024 records, so that both sides meet its ends often. */
const SMALL = { capacityBytes: 64 * 1024 };

for (const mode of ["poll", "follow"] as const) {
  test(`Consumer ${mode}: a million records of two producers arrive once, whole and in order`, async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const count = mode === "poll" ? 1_000_000 : 200_000;
    const [consumer, first, second] = [member(stack), member(stack), member(stack)];
    // Either side may start first: here one producer before the consumer and one after it.
    await first.call("produce", "stream", SMALL);
    await consumer.call("consume", "stream");
    await second.call("produce", "stream");
    await consumer.call(mode, count);
    for (const [sender, producer] of [first, second].entries()) {
      await producer.call("stream", sender, count / 2);
    }
    const account = await consumer.answer<Account>();
    const next = { 0: count / 2, 1: count / 2 };
    expect(account).toEqual({ records: count, torn: 0, gaps: 0, repeats: 0, next });
    for (const producer of [first, second]) await producer.answer();
  });
}

for (const [mode, bound] of [
  ["poll", 512],
  ["follow", 64],
] as const) {
  test(`Consumer ${mode}: killed over and over, its successor misses nothing and sees at most ${bound} records again`, async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    using _keeper = Producer.createOrOpen("killed", { schema: Numbered, ...SMALL });
    const view = MemoryMappedFile.createOrOpen("progress", 4096).createViewAccessor();
    const producer = member(stack);
    await producer.call("produce", "killed");
    await producer.call("stream", 0, Number.MAX_SAFE_INTEGER);
    // Neither of them answers once more, unless it fails.
    const producing = producer.answer();
    let next = 0;
    for (let round = 0; round < 8; round++) {
      const consumer = member(stack);
      await consumer.call("consume", "killed");
      await consumer.call(mode, Number.MAX_SAFE_INTEGER, { progress: "progress" });
      const wanted = next + 20_000;
      const isThere = until(() => view.readFloat64(0) >= wanted, `record ${wanted}`);
      await Promise.race([isThere, producing, consumer.answer()]);
      await consumer.kill();
      next = view.readFloat64(0);
      using successor = Consumer.openExisting("killed", { schema: Numbered });
      const again = successor.receive().number;
      expect(again).toBeLessThanOrEqual(next);
      expect(next - again).toBeLessThanOrEqual(bound);
      for (let number = again + 1; number < next + 2000; number++) {
        expect(successor.receive().number).toBe(number);
      }
      next += 2000;
    }
  });
}

test("Consumer: killed with a full ring, the producer waits and its successor gets everything", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  const [producer, consumer] = [member(stack), member(stack)];
  await consumer.call("consume", "full", SMALL);
  await producer.call("produce", "full");
  await producer.call("send", 0, 0, 1024);
  expect(await producer.call<boolean>("trySend", 0, 1024)).toBe(false);
  await consumer.call("hangInPoll");
  await consumer.kill();
  await producer.call("stream", 1, 5000);
  using successor = Consumer.openExisting("full", { schema: Numbered });
  const ledger = new Ledger();
  while (ledger.account.records < 6024) ledger.note(successor.receive({ timeoutMs: 200_000 }));
  expect(ledger.account).toMatchObject({
    torn: 0,
    gaps: 0,
    repeats: 0,
    next: { 0: 1024, 1: 5000 },
  });
  await producer.answer();
});

ifSignals(
  "Producer and Consumer: who is stopped is not dead: its lane and its place stay its own",
  async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [producer, consumer] = [member(stack), member(stack)];
    await producer.call("produce", "stopped", { ...SMALL, maxProducers: 1 });
    await consumer.call("consume", "stopped");
    for (const peer of [producer, consumer]) {
      peer.signal("SIGSTOP");
      await untilStopped(peer.pid);
    }
    const busy = new RegExp(`process ${consumer.pid} \\(member\\.ts\\) since 20`);
    expect(() => Consumer.openExisting("stopped", { schema: Numbered })).toThrow(busy);
    expect(() => Producer.openExisting("stopped", { schema: Numbered })).toThrow(`${producer.pid}`);
    for (const peer of [producer, consumer]) peer.signal("SIGCONT");
    await producer.call("send", 0, 0, 5);
    expect(await consumer.call<number[]>("receive", 5)).toEqual([0, 1, 2, 3, 4]);
  },
);
