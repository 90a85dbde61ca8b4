/** Waiting for a place that only one has: the next one takes over when the present one leaves or dies. */

import { describe, expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expectCode, expectRejection, expectRejections } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { linesOf } from "@isthmus/testing/lines-of";
import { timeoutWakesMax, until, within } from "@isthmus/testing/patience";
import { Peer } from "@isthmus/testing/peer";
import { descriptorsOf } from "@isthmus/testing/process-state";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { untilStopped } from "@isthmus/testing/until-stopped";
import {
  bytes,
  Consumer,
  json,
  observe,
  Producer,
  Requester,
  Responder,
  type Role,
} from "../../src/index.ts";

const NAME = "role";
const SCHEMAS = { request: json, response: json };
const FIXTURE = join(import.meta.dir, "fixtures", "role.ts");

/** One of the two places. */
interface Kind {
  readonly what: Role;
  readonly operation: "consume" | "respond";
  readonly takeNow: () => Disposable;
  readonly wait: (options?: object) => Promise<Disposable>;
}

const KINDS: readonly Kind[] = [
  {
    what: "consumer",
    operation: "consume",
    takeNow: () => Consumer.createOrOpen(NAME, { schema: json }),
    wait: (options) => Consumer.openAsync(NAME, { schema: json, ...options }),
  },
  {
    what: "responder",
    operation: "respond",
    takeNow: () => Responder.createOrOpen(NAME, SCHEMAS),
    wait: (options) => Responder.openAsync(NAME, { ...SCHEMAS, ...options }),
  },
];

function rolesOf(): string[] {
  return observe(NAME)
    .participants.map(({ role }) => role)
    .sort();
}

/** Waits that somebody found over without having been woken. */
function timeoutWakes(): number {
  return observe(NAME).cells.reduce((sum, cell) => sum + cell.timeoutWakes, 0);
}

/** A process that waits, or has the place if it was free. */
async function waiting(stack: AsyncDisposableStack, kind: Kind, options = {}): Promise<Peer> {
  const peer = stack.use(new Peer([process.execPath, FIXTURE]));
  expect(await peer.call<string>(kind.operation, NAME, options)).toBe("waits");
  return peer;
}

/** Waits until so many stand by. */
async function untilStandby(count: number): Promise<void> {
  const isSo = (): boolean => rolesOf().filter((role) => role === "standby").length === count;
  await until(isSo, `${count} stand by`);
}

for (const kind of KINDS) {
  const { what } = kind;
  describe(`waiting for the place of a ${what}`, () => {
    test("ends at once where nobody has it, and creates what is not there", async () => {
      using home = new Home();
      {
        using owner = await kind.wait({ timeoutMs: 0 });
        expect(owner).toBeInstanceOf(what === "consumer" ? Consumer : Responder);
        expect((owner as Consumer<typeof json>).createdNew).toBe(true);
        expect(rolesOf()).toEqual([what]);
      }
      expect(home.names()).toEqual([]);
    });

    test("ends when its owner leaves, woken, in this process", async () => {
      using _home = new Home();
      const first = kind.takeNow();
      const second = kind.wait();
      expect(rolesOf()).toEqual(["standby", what].sort());
      // By then it sleeps.
      await Bun.sleep(5);
      first[Symbol.dispose]();
      using _second = await second;
      expect(rolesOf()).toEqual([what]);
      expect(timeoutWakes()).toBe(0);
      const busy = expectCode(kind.takeNow, "SystemError", "EBUSY");
      expect(busy.message).toContain(`its one ${what} is process ${process.pid} (`);
    });

    test("ends when its owner leaves, in another process, and again", async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const [first, second] = [await waiting(stack, kind), await waiting(stack, kind)];
      expect(await first.answer<number>()).toBe(first.pid);
      for (const [owner, next] of [
        [first, second],
        [second, first],
        [first, second],
      ] as const) {
        await untilStandby(1);
        await owner.call("leave");
        expect(await next.answer<number>()).toBe(next.pid);
        expect(await owner.call<string>(kind.operation, NAME, {})).toBe("waits");
      }
      await untilStandby(1);
      expect(timeoutWakes()).toBeLessThanOrEqual(timeoutWakesMax(3));
    });

    test("is won by exactly one of five processes, whenever its owner is killed", async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const owner = kind.takeNow();
      const peers = await Promise.all(Array.from({ length: 5 }, () => waiting(stack, kind)));
      await untilStandby(5);
      const winners: number[] = [];
      const answers = peers.map(async (peer) => winners.push(await peer.answer<number>()));
      owner[Symbol.dispose]();
      for (let left = peers.length; left > 0; left--) {
        await until(() => winners.length === peers.length - left + 1, "one more has the place");
        // Whoever else believed to have it would have said so by the time that all others are seen to wait.
        await until(() => rolesOf().filter((role) => role === what).length === 1, "one is there");
        await untilStandby(left - 1);
        expect(winners.length).toBe(peers.length - left + 1);
        await peers.find(({ pid }) => pid === winners.at(-1))?.kill();
      }
      await Promise.all(answers);
      expect(new Set(winners)).toEqual(new Set(peers.map(({ pid }) => pid)));
      expect(timeoutWakes()).toBeLessThanOrEqual(timeoutWakesMax(peers.length));
      using _last = kind.takeNow();
    });

    test("goes on while its owner is stopped, and ends when it is killed then", async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const owner = await waiting(stack, kind);
      await owner.answer();
      process.kill(owner.pid, "SIGSTOP");
      await untilStopped(owner.pid);
      const error = await expectRejection(
        kind.wait({ timeoutMs: 30 }),
        "TimeoutError",
        "ETIMEDOUT",
      );
      expect(error.message).toBe(
        `Cannot ${kind.operation === "consume" ? "consume" : "answer"} "${NAME}" within 30 ms: process ${owner.pid} (role.ts, ${what}) has the place and is stopped`,
      );
      const next = kind.wait();
      await Bun.sleep(20);
      expect(rolesOf()).toEqual(["standby", what].sort());
      process.kill(owner.pid, "SIGKILL");
      using _next = await next;
      expect(rolesOf()).toEqual([what]);
    });

    test("leaves nothing open when it ends in vain", async () => {
      using home = new Home();
      const stop = new AbortController();
      const reason = new Error("enough");
      {
        using _owner = kind.takeNow();
        await kind.wait({ timeoutMs: 1 }).catch(() => {});
        const before = descriptorsOf(home.path);
        const waits = Array.from({ length: 20 }, () => kind.wait({ signal: stop.signal }));
        const late = kind.wait({ timeoutMs: 5 });
        expect(observe(NAME).participants.length).toBe(22);
        stop.abort(reason);
        for (const wait of waits) expect(await wait.catch((error) => error)).toBe(reason);
        await expectRejection(late, "TimeoutError", "ETIMEDOUT");
        await expectRejection(kind.wait({ timeoutMs: 0 }), "TimeoutError", "ETIMEDOUT");
        expect(rolesOf()).toEqual([what]);
        expect(before).toBeGreaterThan(0);
        expect(descriptorsOf(home.path)).toBe(before);
      }
      expect(home.names()).toEqual([]);
      expect(await kind.wait({ signal: stop.signal }).catch((error) => error)).toBe(reason);
      expect(home.names()).toEqual([]);
    });

    test("goes on for the others when one of them gives up or is killed", async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const owner = kind.takeNow();
      const killed = await waiting(stack, kind);
      const last = kind.wait();
      await untilStandby(2);
      const impatient = kind.wait({ timeoutMs: 20 });
      expect(rolesOf().length).toBe(4);
      await expectRejection(impatient, "TimeoutError", "ETIMEDOUT");
      await killed.kill();
      owner[Symbol.dispose]();
      using _last = await last;
      expect(timeoutWakes()).toBe(0);
    });

    test("refuses at once what can never come", async () => {
      using _home = new Home();
      using _owner = kind.takeNow();
      const other =
        what === "consumer"
          ? Consumer.openAsync(NAME, { schema: bytes })
          : Responder.openAsync(NAME, { request: bytes, response: json });
      await expectRejection(other, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
      const wrong = ["signal", "timeoutMs"].map((name) => kind.wait({ [name]: "soon" }));
      await expectRejections(wrong, "TypeError", "ERR_INVALID_ARG_TYPE");
      await expectRejection(kind.wait({ timeOutMs: 1 }), "TypeError", "ERR_INVALID_ARG_VALUE");
      expect(rolesOf()).toEqual([what]);
    });

    test("ends in a Worker, too", async () => {
      using _home = new Home();
      const owner = kind.takeNow();
      using directory = new TemporaryDirectory();
      const path = directory.file(
        "worker.ts",
        `${openingOf(what)}.then((owned) => { postMessage(owned.name); owned.dispose(); });`,
      );
      const worker = new Worker(path, { env: { ...process.env } as Record<string, string> });
      try {
        const message = Promise.withResolvers<unknown>();
        worker.onmessage = ({ data }) => message.resolve(data);
        worker.onerror = ({ message: text }) => message.reject(new Error(text));
        await untilStandby(1);
        owner[Symbol.dispose]();
        expect(await within(message.promise, () => "the worker has not got the place")).toBe(NAME);
      } finally {
        worker.terminate();
      }
    });

    test("is over for who waited before a reload, and goes on for the program that runs now", async () => {
      using _home = new Home();
      using directory = new TemporaryDirectory();
      const path = directory.file("program.ts", programOf(what));
      const owner = kind.takeNow();
      const child = Bun.spawn([process.execPath, "--hot", path], {
        env: { ...process.env },
        stdout: "pipe",
        stderr: "inherit",
      });
      try {
        const lines = linesOf(child.stdout)[Symbol.asyncIterator]();
        const next = async (): Promise<unknown> => (await lines.next()).value;
        expect(await next()).toBe("1 waits");
        await untilStandby(1);
        appendFileSync(path, "// again\n");
        expect(await next()).toBe("2 waits");
        expect(await next()).toBe("1 ERR_DISPOSED");
        await untilStandby(1);
        owner[Symbol.dispose]();
        expect(await next()).toBe("2 has it");
      } finally {
        child.kill();
        await child.exited;
      }
    });
  });
}

/** A module that waits for the place, up to the promise. */
function openingOf(what: Role): string {
  const index = JSON.stringify(join(import.meta.dir, "..", "..", "src", "index.ts"));
  const opening =
    what === "consumer"
      ? `Consumer.openAsync("${NAME}", { schema: json })`
      : `Responder.openAsync("${NAME}", { request: json, response: json })`;
  return `import { Consumer, json, Responder } from ${index};\n${opening}`;
}

/** A program that waits and says so, and is evaluated again. */
function programOf(what: Role): string {
  const [imports, opening] = openingOf(what).split("\n");
  return `${imports}
    globalThis.round = (globalThis.round ?? 0) + 1;
    const round = globalThis.round;
    const opening = ${opening};
    console.log(round + " waits");
    opening.then(() => console.log(round + " has it"), ({ code }) => console.log(round + " " + code));
  `;
}

test("the next consumer goes on where the last one stopped, whose process was killed", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  const [consumer] = KINDS as [Kind];
  const [first, second] = [await waiting(stack, consumer), await waiting(stack, consumer)];
  await first.answer();
  using producer = Producer.openExisting(NAME, { schema: json });
  producer.send("a");
  expect(await first.call<unknown>("drain")).toEqual(["a"]);
  producer.send("b");
  await first.kill();
  await second.answer();
  producer.send("c");
  expect(await second.call<unknown>("drain")).toEqual(["b", "c"]);
});

test("what waits for an answer when the responder is killed rejects, and the next is answered by who stood by", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  const [, responder] = KINDS as [Kind, Kind];
  const [first, second] = [await waiting(stack, responder), await waiting(stack, responder)];
  await first.answer();
  using requester = Requester.openExisting(NAME, SCHEMAS);
  expect(await requester.request(1)).toBe(first.pid);
  process.kill(first.pid, "SIGSTOP");
  const unanswered = expectRejection(requester.request(2), "PeerDiedError", "ERR_PEER_DIED");
  await first.kill();
  await unanswered;
  expect(await requester.request(3)).toBe(second.pid);
  await second.answer();
});

test("a consumer that the program has forgotten does not keep who waits from its place", async () => {
  using _home = new Home();
  (() => Consumer.createOrOpen(NAME, { schema: json }))();
  await Bun.sleep(0);
  using _next = await Consumer.openAsync(NAME, { schema: json });
});

test("in a channel of layout 2.0, which has no cell for it, the place is waited for all the same", async () => {
  using home = new Home();
  const first = Consumer.createOrOpen(NAME, { schema: json, lifetime: "persistent" });
  first.dispose();
  const content = home.bytes(NAME);
  const entry = 512 + 24;
  expect([content.readUInt32LE(entry), content.readUInt32LE(entry + 16)]).toEqual([3, 3 * 64]);
  content.writeUInt32LE(2 * 64, entry + 16);
  home.plant(NAME, content);
  const owner = Consumer.openExisting(NAME, { schema: json });
  const next = Consumer.openAsync(NAME, { schema: json });
  await Bun.sleep(0);
  owner.dispose();
  using _next = await next;
  expect(timeoutWakes()).toBe(0);
});
