/** Segments whose file is cut short while they are open: nothing that goes nowhere is said to have gone well. */
import { describe, test } from "bun:test";
import { truncateSync } from "node:fs";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import {
  bytes,
  Consumer,
  NamedEvent,
  NamedSemaphore,
  Producer,
  Publisher,
  Requester,
  Responder,
  SharedStruct,
  Subscriber,
  struct,
  u32,
} from "../../src/index.ts";

// Generous: the processes of a test may have to share a busy machine.
const RECORD = new Uint8Array(10);
const WAIT = { timeoutMs: 200_000 };
const channel = { schema: bytes };
const service = { request: bytes, response: bytes };
const Point = struct({ x: u32 });

/** The uses of what `open` opens; each of them is the first one after the cut. */
function describeUses<T extends Disposable>(
  what: string,
  open: (name: string) => T,
  uses: Readonly<Record<string, (handle: T) => unknown>>,
): void {
  describe(what, () => {
    test.each(Object.entries(uses))(
      "%s says that the segment has been cut short",
      async (_name, use) => {
        using home = new Home();
        using handle = open("cut");
        // What was opened in this run of JavaScript is published by now.
        await Bun.sleep(0);
        truncateSync(home.file("cut"), 0);
        const used = (async () => await use(handle))();
        await expectRejection(used, "FileTruncatedError", "ERR_FILE_TRUNCATED");
      },
    );
  });
}

describeUses("Producer", (name) => Producer.createOrOpen(name, channel), {
  send: (producer) => producer.send(RECORD),
  trySend: (producer) => producer.trySend(RECORD),
  sendAsync: (producer) => producer.sendAsync(RECORD),
  claim: (producer) => producer.claim(10, () => {}),
  flush: (producer) => producer.flush(),
  "flush after a batch": (producer) => {
    producer.batch((batch) => batch.send(RECORD));
    producer.flush();
  },
  "send to a full lane": (producer) => {
    for (;;) producer.send(new Uint8Array(1000), WAIT);
  },
});

describeUses("Consumer", (name) => Consumer.createOrOpen(name, channel), {
  poll: (consumer) => consumer.poll(() => {}),
  tryReceive: (consumer) => consumer.tryReceive(),
  receive: (consumer) => consumer.receive(WAIT),
  receiveAsync: (consumer) => consumer.receiveAsync(WAIT),
  "for await": async (consumer) => {
    for await (const _record of consumer);
  },
});

describeUses("Publisher", (name) => Publisher.createOrOpen(name, channel), {
  send: (publisher) => publisher.send(RECORD),
  flush: (publisher) => publisher.flush(),
});

describeUses("Subscriber", (name) => Subscriber.createOrOpen(name, channel), {
  poll: (subscriber) => subscriber.poll(() => {}),
  tryReceive: (subscriber) => subscriber.tryReceive(),
  receive: (subscriber) => subscriber.receive(WAIT),
  receiveAsync: (subscriber) => subscriber.receiveAsync(WAIT),
});

describeUses("Requester", (name) => Requester.createOrOpen(name, service), {
  request: (requester) => requester.request(RECORD, WAIT),
});

describeUses("Responder", (name) => Responder.createOrOpen(name, service), {
  poll: (responder) => responder.poll((request) => request),
});

const semaphore = (name: string) => NamedSemaphore.createOrOpen(name, { initial: 1, max: 9 });
describeUses("NamedSemaphore", semaphore, {
  tryWait: (units) => units.tryWait(),
  wait: (units) => units.wait(WAIT),
  waitAsync: (units) => units.waitAsync(WAIT),
  release: (units) => units.release(),
});

describeUses("NamedEvent", (name) => NamedEvent.createOrOpen(name, { initial: true }), {
  tryWait: (event) => event.tryWait(),
  wait: (event) => event.wait(WAIT),
  waitAsync: (event) => event.waitAsync(WAIT),
  set: (event) => event.set(),
});

describeUses("SharedStruct", (name) => SharedStruct.createOrOpen(name, Point), {
  read: (shared) => shared.read(),
  readVersioned: (shared) => shared.readVersioned(),
  version: (shared) => shared.version,
});
