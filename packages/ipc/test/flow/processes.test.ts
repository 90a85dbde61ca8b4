/** Senders and receivers in processes of their own that are killed: what channels and topics owe alike. */
import { describe, expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { Home } from "@isthmus/testing/home";
import { Consumer, Producer, Publisher, Subscriber } from "../../src/index.ts";
import { member } from "./support/member.ts";
import { Ledger, Numbered, numbered } from "./support/numbered.ts";

/** A ring of 1024 records, so that everybody meets its ends often. */
const SMALL = { schema: Numbered, capacityBytes: 64 * 1024 };

/** How each is called, and its receivers: the first one is waited for, the others are lapped. */
const FLOWS = [
  { what: "channel", send: "produce", receive: "consume", Sender: Producer, ways: [{}] },
  {
    what: "topic",
    send: "publish",
    receive: "subscribe",
    Sender: Publisher,
    ways: [{}, { onSlow: "lap" } as const],
  },
] as const;

describe.each(FLOWS)("of a $what", ({ what, send, receive, Sender, ways }) => {
  type Receiver = Consumer<typeof Numbered> | Subscriber<typeof Numbered>;
  const Receiver = what === "channel" ? Consumer : Subscriber;
  const open = (stack: AsyncDisposableStack): Receiver[] =>
    ways.map((way) => stack.use(Receiver.createOrOpen("killed", { ...SMALL, ...way })));
  const lostBy = (one: Receiver): number => (one instanceof Subscriber ? one.lost : 0);

  test("a sender that is killed over and over loses only what it had not published", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const receivers = open(stack).map((one) => {
      const ledger = new Ledger();
      const note = (record: Parameters<Ledger["note"]>[0]): void => ledger.note(record);
      return { one, note, account: ledger.account };
    });
    const [first, ...lapping] = receivers as [(typeof receivers)[0], ...typeof receivers];
    const rounds = 8;
    for (let round = 0; round < rounds; round++) {
      const sender = member(stack);
      await sender.call(send, "killed");
      await sender.call("stream", round, Number.MAX_SAFE_INTEGER);
      const wanted = first.account.records + 20_000 + 997 * round;
      while (first.account.records < wanted) {
        if (first.one.poll(first.note) === 0) first.note(first.one.receive({ timeoutMs: 200_000 }));
        for (const { one, note } of lapping) one.poll(note, { limit: 100 });
      }
      await sender.kill();
      for (const { one, note } of receivers) while (one.poll(note) > 0);
    }
    const { records, next } = first.account;
    for (const { one, account } of receivers) {
      const gaps = lostBy(one);
      expect(account).toMatchObject({ torn: 0, gaps, repeats: 0, records: records - gaps, next });
    }
    expect([lostBy(first.one), Object.keys(next).length]).toEqual([0, rounds]);
    // All of them had the same lane, one after the other, and its positions went on.
    expect(first.one.metrics.lanes).toMatchObject([{ position: records, lag: 0 }]);
  });

  test("a sender that is killed between claim and publication, or inside a batch, leaves no trace", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const receivers = open(stack);
    for (const operation of ["hangInClaim", "hangInBatch"]) {
      const sender = member(stack);
      await sender.call(send, "killed");
      await sender.call("send", 0, 0, 3);
      await sender.call(operation, 0, 3, 5);
      await sender.kill();
      for (const one of receivers) {
        const ledger = new Ledger();
        while (one.poll((record) => ledger.note(record)) > 0);
        expect(ledger.account).toMatchObject({ records: 3, torn: 0, gaps: 0, next: { 0: 3 } });
      }
    }
    const successor = stack.use(Sender.openExisting("killed", { schema: Numbered }));
    successor.send(numbered(9, 0));
    for (const one of receivers) expect([one.receive().sender, lostBy(one)]).toEqual([9, 0]);
  });

  test("both ends killed, it goes on if it is persistent", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [sender, receiver] = [member(stack), member(stack)];
    await sender.call(send, "both", { capacityBytes: 64 * 1024, lifetime: "persistent" });
    await receiver.call(receive, "both");
    await sender.call("send", 0, 0, 100);
    expect(await receiver.call<number[]>("receive", 40)).toHaveLength(40);
    await Promise.all([sender.kill(), receiver.kill()]);
    const history = what === "channel" ? {} : ({ from: "history" } as const);
    const successor = stack.use(Receiver.openExisting("both", { schema: Numbered, ...history }));
    const next = stack.use(Sender.openExisting("both", { schema: Numbered }));
    next.send(numbered(0, 100));
    // A channel's next consumer goes on where the last one was, a topic's next subscriber is a new one.
    const begin = what === "channel" ? 40 : 0;
    const numbers: number[] = [];
    while (successor.poll(({ number }) => numbers.push(number)) > 0);
    expect(numbers).toEqual(Array.from({ length: 101 - begin }, (_, i) => begin + i));
    expect(successor.metrics).toMatchObject({ records: 101, lag: 0, corruptions: 0 });
    await stack.disposeAsync();
    MemoryMappedFile.unlink("both");
  });
});
