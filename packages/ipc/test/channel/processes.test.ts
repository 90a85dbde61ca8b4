/** Producers and consumers in processes of their own: order, waiting, crashes on either side. */
import { expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { Home } from "@isthmus/testing/home";
import { PROCESSES_MS } from "@isthmus/testing/patience";
import { ifSignals } from "@isthmus/testing/requirement";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { Consumer, Producer } from "../../src/index.ts";
import { type Account, Ledger, Numbered, numbered } from "./support/numbered.ts";
import { participant } from "./support/participant.ts";

/** A ring of 1024 records, so that both sides meet its ends often. */
const SMALL = { capacityBytes: 64 * 1024 };

function drain(consumer: Consumer<typeof Numbered>, ledger = new Ledger()): Account {
  while (consumer.poll((record) => ledger.note(record)) > 0);
  return ledger.account;
}

for (const mode of ["poll", "follow"] as const) {
  test(
    `Consumer ${mode}: a million records of two producers arrive once, whole and in order`,
    async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const count = mode === "poll" ? 1_000_000 : 200_000;
      const [consumer, first, second] = [
        participant(stack),
        participant(stack),
        participant(stack),
      ];
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
    },
    PROCESSES_MS,
  );
}

test(
  "Producer: killed over and over, it loses only what it had not published",
  async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    using consumer = Consumer.createOrOpen("killed", { schema: Numbered, ...SMALL });
    const ledger = new Ledger();
    const note = (record: Parameters<Ledger["note"]>[0]): void => ledger.note(record);
    for (let round = 0; round < 12; round++) {
      const producer = participant(stack);
      await producer.call("produce", "killed");
      await producer.call("stream", round, Number.MAX_SAFE_INTEGER);
      const wanted = ledger.account.records + 40_000 + 997 * round;
      while (ledger.account.records < wanted) {
        if (consumer.poll(note) === 0) note(consumer.receive({ timeoutMs: 30_000 }));
      }
      await producer.kill();
      drain(consumer, ledger);
    }
    expect(ledger.account).toMatchObject({ torn: 0, gaps: 0, repeats: 0 });
    expect(Object.keys(ledger.account.next).length).toBe(12);
    // All of them had the same lane, one after the other, and its positions went on.
    expect(consumer.metrics.lanes.length).toBe(1);
    expect(consumer.metrics.lanes[0]).toMatchObject({
      position: ledger.account.records,
      lag: 0,
      producerPid: undefined,
    });
  },
  PROCESSES_MS,
);

for (const [mode, bound] of [
  ["poll", 512],
  ["follow", 64],
] as const) {
  test(
    `Consumer ${mode}: killed over and over, its successor misses nothing and sees at most ${bound} records again`,
    async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      using _keeper = Producer.createOrOpen("killed", { schema: Numbered, ...SMALL });
      const view = MemoryMappedFile.createOrOpen("progress", 4096).createViewAccessor();
      const producer = participant(stack);
      await producer.call("produce", "killed");
      await producer.call("stream", 0, Number.MAX_SAFE_INTEGER);
      let next = 0;
      for (let round = 0; round < 8; round++) {
        const consumer = participant(stack);
        await consumer.call("consume", "killed");
        await consumer.call(mode, Number.MAX_SAFE_INTEGER, "progress");
        const wanted = next + 20_000;
        while (view.readFloat64(0) < wanted) await Bun.sleep(1);
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
    },
    PROCESSES_MS,
  );
}

test(
  "Producer: killed between claim and publication, and inside a batch, it leaves no trace",
  async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    using consumer = Consumer.createOrOpen("half", { schema: Numbered, ...SMALL });
    for (const operation of ["hangInClaim", "hangInBatch"]) {
      const producer = participant(stack);
      await producer.call("produce", "half");
      await producer.call("send", 0, 0, 3);
      await producer.call(operation, 0, 3, 5);
      await producer.kill();
      expect(drain(consumer)).toMatchObject({ records: 3, torn: 0, gaps: 0, next: { 0: 3 } });
    }
    using successor = Producer.openExisting("half", { schema: Numbered });
    successor.send(numbered(9, 0));
    expect(drain(consumer)).toMatchObject({ records: 1, next: { 9: 1 } });
  },
  PROCESSES_MS,
);

test(
  "Consumer: killed with a full ring, the producer waits and its successor gets everything",
  async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [producer, consumer] = [participant(stack), participant(stack)];
    await consumer.call("consume", "full", SMALL);
    await producer.call("produce", "full");
    await producer.call("send", 0, 0, 1024);
    expect(await producer.call<boolean>("trySend", 0, 1024)).toBe(false);
    await consumer.call("hangInPoll");
    await consumer.kill();
    await producer.call("stream", 1, 5000);
    using successor = Consumer.openExisting("full", { schema: Numbered });
    const ledger = new Ledger();
    while (ledger.account.records < 6024) ledger.note(successor.receive({ timeoutMs: 30_000 }));
    expect(ledger.account).toMatchObject({
      torn: 0,
      gaps: 0,
      repeats: 0,
      next: { 0: 1024, 1: 5000 },
    });
    await producer.answer();
  },
  PROCESSES_MS,
);

test(
  "Producer and Consumer: both killed, a persistent channel goes on",
  async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [producer, consumer] = [participant(stack), participant(stack)];
    await producer.call("produce", "both", { ...SMALL, lifetime: "persistent" });
    await consumer.call("consume", "both");
    await producer.call("send", 0, 0, 100);
    await consumer.call("receive", 40);
    await Promise.all([producer.kill(), consumer.kill()]);
    using successor = Consumer.openExisting("both", { schema: Numbered });
    expect(successor.receive().number).toBe(40);
    using next = Producer.openExisting("both", { schema: Numbered });
    next.send(numbered(0, 100));
    expect(drain(successor)).toMatchObject({ records: 60, torn: 0 });
    expect(successor.metrics).toMatchObject({ records: 101, lag: 0, corruptions: 0 });
    successor.dispose();
    next.dispose();
    MemoryMappedFile.unlink("both");
  },
  PROCESSES_MS,
);

ifSignals(
  "Producer and Consumer: who is stopped is not dead: its lane and its place stay its own",
  async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [producer, consumer] = [participant(stack), participant(stack)];
    await producer.call("produce", "stopped", { ...SMALL, maxProducers: 1 });
    await consumer.call("consume", "stopped");
    for (const peer of [producer, consumer]) {
      peer.signal("SIGSTOP");
      await untilStopped(peer.pid);
    }
    const busy = new RegExp(`process ${consumer.pid} \\(participant\\.ts\\) since 20`);
    expect(() => Consumer.openExisting("stopped", { schema: Numbered })).toThrow(busy);
    expect(() => Producer.openExisting("stopped", { schema: Numbered })).toThrow(`${producer.pid}`);
    for (const peer of [producer, consumer]) peer.signal("SIGCONT");
    await producer.call("send", 0, 0, 5);
    expect(await consumer.call<number[]>("receive", 5)).toEqual([0, 1, 2, 3, 4]);
  },
  PROCESSES_MS,
);
