/** The message of a time-out names who is in the way, and says when that process is stopped. */

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { Peer } from "@isthmus/testing/peer";
import { testIf } from "@isthmus/testing/requirement";
import { untilStopped } from "@isthmus/testing/until-stopped";
import {
  Consumer,
  json,
  NamedMutex,
  NamedSemaphore,
  Producer,
  Publisher,
  Requester,
  SharedStruct,
  Subscriber,
} from "../../src/index.ts";
import { peerOf } from "../shared-struct/support/peers.ts";
import { Small } from "../shared-struct/support/records.ts";

const NEIGHBOUR = join(import.meta.dir, "..", "systems", "fixtures", "neighbour.ts");
const testStopped = testIf(process.platform === "linux", "/proc, which tells who is stopped");

/** Waits that end in vain, each by the call that waits. */
type Waits = Readonly<Record<string, () => unknown>>;

async function messageOf(wait: () => unknown): Promise<string> {
  const ending = (async () => await wait())();
  const { message } = await expectRejection(ending, "TimeoutError", "ETIMEDOUT");
  return message;
}

/** Stops a process and waits until it is. */
async function stop(peer: Peer): Promise<void> {
  peer.signal("SIGSTOP");
  await untilStopped(peer.pid);
}

/** Every wait says what it waited for, who is in the way, and what that one does; then the same when it is stopped. */
async function expectNamed(peer: Peer, waits: Waits, what: string, who: string): Promise<void> {
  const expected = (end: string) => new RegExp(`^Cannot ${what} within 5 ms: ${who}${end}$`);
  for (const wait of Object.values(waits)) expect(await messageOf(wait)).toMatch(expected(""));
  await stop(peer);
  for (const wait of Object.values(waits)) {
    expect(await messageOf(wait)).toMatch(expected(" and is stopped"));
  }
}

/** Who a peer is and what it does, as a pattern. */
function processOf(peer: Peer, role: string, deed: string, program = "neighbour.ts"): string {
  return `process ${peer.pid} \\(${program}, ${role}\\) ${deed}`;
}

const TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";
const options = { timeoutMs: 5 };

describe("a time-out names", () => {
  testStopped("the owner of a mutex", async () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("m");
    await using peer = new Peer([process.execPath, NEIGHBOUR]);
    await peer.call("make", "mutex", "m");
    await peer.call("acquire", "m");
    const waits = { sync: () => mutex.acquire(options), async: () => mutex.acquireAsync(options) };
    const owner = processOf(peer, "user", `has held it since ${TIME}`);
    await expectNamed(peer, waits, 'acquire the mutex "m"', owner);
  });

  testStopped("who is inside an update of a struct", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("shared", Small);
    await using peer = peerOf("peer");
    await peer.call("open", "shared");
    await peer.call("enter", 3);
    const waits = {
      sync: () => shared.update(() => {}, options),
      async: () => shared.updateAsync(() => {}, options),
      compare: () => shared.compareAndSet(0, () => {}, options),
      compareAsync: () => shared.compareAndSetAsync(0, () => {}, options),
    };
    const owner = processOf(peer, "user", `has held it since ${TIME}`, "peer.ts");
    await expectNamed(peer, waits, 'acquire the mutex of "shared"', owner);
  });

  testStopped("the holders of a semaphore's permits", async () => {
    using _home = new Home();
    using semaphore = NamedSemaphore.createNew("s", { initial: 3, returnOnDeath: true });
    semaphore.wait();
    await using peer = new Peer([process.execPath, NEIGHBOUR]);
    await peer.call("make", "returning", "s");
    for (let permit = 0; permit < 2; permit++) await peer.call("take", "s");
    const waits = {
      sync: () => semaphore.wait(options),
      async: () => semaphore.waitAsync(options),
    };
    const own = `process ${process.pid} \\([^;]*, user, this process itself\\) has 1 permit; `;
    const holders = own + processOf(peer, "user", "has 2 permits");
    await expectNamed(peer, waits, 'take a permit of the semaphore "s"', holders);
    using plain = NamedSemaphore.createNew("plain");
    const { message } = expectCode(() => plain.wait(options), "TimeoutError", "ETIMEDOUT");
    expect(message).toEndWith(": none is free; who has them is noted with returnOnDeath only");
  });

  testStopped("the consumer of a channel that is full, or that there is none", async () => {
    using _home = new Home();
    using producer = Producer.createNew("c", { schema: json, capacityBytes: 4096 });
    while (producer.trySend({ n: 1 }));
    const waits = {
      sync: () => producer.send({ n: 2 }, options),
      async: () => producer.sendAsync({ n: 2 }, options),
    };
    for (const wait of Object.values(waits)) {
      expect(await messageOf(wait)).toBe('Cannot send to "c" within 5 ms: nobody consumes');
    }
    await using peer = new Peer([process.execPath, NEIGHBOUR]);
    await peer.call("consume", "c");
    const consumer = processOf(peer, "consumer", "has made no room");
    await expectNamed(peer, waits, 'send to "c"', consumer);
  });

  testStopped("the slowest of those whom publishers wait for", async () => {
    using _home = new Home();
    using publisher = Publisher.createNew("t", { schema: json, capacityBytes: 4096 });
    await using peer = new Peer([process.execPath, NEIGHBOUR]);
    await peer.call("subscribe", "t");
    using faster = Subscriber.openExisting("t", { schema: json });
    publisher.send({ n: 0 });
    publisher.flush();
    faster.receive();
    while (publisher.trySend({ n: 1 }));
    const waits = {
      sync: () => publisher.send({ n: 2 }, options),
      async: () => publisher.sendAsync({ n: 2 }, options),
    };
    const subscriber = processOf(peer, "subscriber", "has made no room");
    await expectNamed(peer, waits, 'send to "t"', subscriber);
  });

  testStopped("the responder that has not answered", async () => {
    using _home = new Home();
    using requester = Requester.createNew("r", { request: json, response: json });
    const ask = () => requester.request({ n: 1 }, options);
    expect(await messageOf(ask)).toBe('Cannot ask "r" within 5 ms: nobody answers');
    await using peer = new Peer([process.execPath, NEIGHBOUR]);
    await peer.call("make", "service", "r");
    const waits = { async: ask, sync: () => requester.requestSync({ n: 1 }, options) };
    const responder = `its responder \\(process ${peer.pid}, neighbour.ts\\) has not answered`;
    await expectNamed(peer, waits, 'ask "r"', responder);
  });

  testStopped("those from whom nothing has come, or that there are none", async () => {
    using _home = new Home();
    using consumer = Consumer.createNew("c", { schema: json });
    using subscriber = Subscriber.createNew("t", { schema: json });
    expect(await messageOf(() => consumer.receive(options))).toEndWith(": nobody produces");
    expect(await messageOf(() => subscriber.receive(options))).toEndWith(": nobody publishes");
    await using peer = new Peer([process.execPath, NEIGHBOUR]);
    await peer.call("make", "channel", "c");
    await peer.call("make", "topic", "t");
    const waits = {
      sync: () => consumer.receive(options),
      async: () => consumer.receiveAsync(options),
    };
    const producer = processOf(peer, "producer", "has sent nothing");
    await expectNamed(peer, waits, 'receive from "c"', producer);
    expect(await messageOf(() => subscriber.receiveAsync(options))).toEndWith(
      `${peer.pid} (neighbour.ts, publisher) has sent nothing and is stopped`,
    );
  });

  test("this process itself, and its tasks", async () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("m");
    using lock = mutex.acquire();
    expect(await messageOf(() => mutex.acquireAsync(options))).toMatch(
      new RegExp(
        `: process ${process.pid} \\(.*, user, this process itself\\) has held it since ${TIME}$`,
      ),
    );
    lock.release();
    using _task = await mutex.acquireAsync();
    expect(await messageOf(() => mutex.acquire(options))).toEndWith(
      ": a task of this thread holds it: use acquireAsync()",
    );
  });
});
