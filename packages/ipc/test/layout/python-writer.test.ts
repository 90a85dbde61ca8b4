/** A locking writer in Python, written from `docs/layout.md` alone, and this library share a struct. */
import { describe, expect } from "bun:test";
import { join } from "node:path";
import { platform } from "@isthmus/core/internal";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { timeoutWakesMax } from "@isthmus/testing/patience";
import { Peer } from "@isthmus/testing/peer";
import { SharedStruct } from "../../src/index.ts";
import { CELLS, recoveriesOf, SegmentBytes } from "../shared-struct/support/segment-bytes.ts";
import { Account, account, isSound } from "./support/account.ts";
import { readSegment, startWriter, testWriter } from "./support/python.ts";

/** Rounds of each process. */
const ROUNDS = 3000;

const ACCOUNTANT = join(import.meta.dir, "fixtures", "accountant.ts");

/** Whether new mutexes are of the strategy that needs no slot. */
function isRobust(): boolean {
  return platform().robustMutexes !== undefined;
}

async function openWriter(hasSlot = true): Promise<Peer> {
  const writer = startWriter();
  await writer.call("open", "account", Account.canonical, hasSlot);
  return writer;
}

describe("writer.py", () => {
  for (const hasSlot of [true, false]) {
    const who = hasSlot ? "a participant" : "a mere holder";
    testWriter(`as ${who}: its updates are read here and wake those who wait`, async () => {
      using home = new Home();
      using shared = SharedStruct.createNew("account", Account);
      const raw = new SegmentBytes(home.file("account"));
      await using writer = await openWriter(hasSlot);
      if (!hasSlot && !isRobust()) {
        const refusal = await writer.call("update", 1).catch((error: Error) => error.message);
        expect(refusal).toContain("only participants can hold this mutex");
        return;
      }
      const changes = shared.changes();
      for (let version = 1; version <= 50; version++) {
        const next = changes.next();
        expect(await writer.call<number>("update", 1)).toBe(version);
        const { value } = await next;
        expect(value).toMatchObject({ count: version, label: `python ${version}` });
        expect(isSound(shared.read())).toBe(true);
      }
      await changes.return();
      expect(raw.cell(CELLS.changes, "timeoutWakes")).toBeLessThanOrEqual(timeoutWakesMax(50));
      const { participants } = await readSegment("account");
      const names = participants.map(({ name, isAlive }) => (isAlive ? name : "dead"));
      expect(names.includes("writer.py")).toBe(hasSlot);
      await writer.call("close");
      expect((await readSegment("account")).participants).toHaveLength(1);
      expect(await writer.finish()).toBe(0);
    });
  }

  testWriter("reads what is written here", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("account", Account);
    await using writer = await openWriter();
    shared.update(account);
    expect(await writer.call<number>("read", 10)).toBe(0);
    expect(await writer.call<number>("update", 2)).toBe(3);
    expect(shared.readVersioned()).toMatchObject({ version: 3, value: { label: "python 3" } });
    const change = { label: "ça", places: [1, 2, -2, -1] };
    expect(await writer.call<number>("change", change)).toBe(4);
    expect(shared.read()).toMatchObject(change);
  });

  testWriter(`and three processes of this library lose none of ${4 * ROUNDS} updates`, async () => {
    using home = new Home();
    using shared = SharedStruct.createNew("account", Account);
    await using stack = new AsyncDisposableStack();
    const writer = stack.use(await openWriter());
    const reader = stack.use(await openWriter());
    const others = [1, 2].map(() => stack.use(new Peer([process.execPath, ACCOUNTANT])));
    for (const other of others) expect(await other.call<number>("version")).toBe(0);
    let isDone = false;
    const updates = Promise.all([
      writer.call("update", ROUNDS),
      ...others.map((other) => other.call("update", ROUNDS)),
    ]).finally(() => {
      isDone = true;
    });
    const bad = reader.call<number>("read", ROUNDS);
    let followed = 0;
    const following = (async () => {
      for await (const record of shared.changes({ since: 0 })) {
        if (!isSound(record)) throw new Error(`torn: ${Bun.inspect(record)}`);
        followed++;
        if (record.count === 4 * ROUNDS) return;
      }
    })();
    for (let n = 0; n < ROUNDS; n++) {
      shared.update(account);
      expect(isSound(shared.read())).toBe(true);
      if (n % 16 === 0) await Bun.sleep(0);
    }
    while (!isDone) {
      expect(isSound(shared.read())).toBe(true);
      await Bun.sleep(0);
    }
    await updates;
    expect(await bad).toBe(0);
    await following;
    expect(followed).toBeGreaterThan(0);
    expect(shared.version).toBe(4 * ROUNDS);
    expect(shared.read().count).toBe(4 * ROUNDS);
    const raw = new SegmentBytes(home.file("account"));
    const timeoutWakes = raw.cell(CELLS.changes, "timeoutWakes");
    expect(timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(4 * ROUNDS));
    expect(recoveriesOf(raw)).toBe(0);
  });

  testWriter(
    "killed half-way through an update leaves the last version, and the mutex",
    async () => {
      using home = new Home();
      using shared = SharedStruct.createNew("account", Account);
      const raw = new SegmentBytes(home.file("account"));
      for (let round = 1; round <= 5; round++) {
        await using victim = await openWriter(round % 2 === 0 || !isRobust());
        await victim.call("update", 1);
        const before = shared.readVersioned();
        victim.send("die");
        expect(await victim.end()).toBe("SIGKILL");
        expect(shared.readVersioned()).toEqual(before);
        expect(isSound(before.value)).toBe(true);
        expect(shared.update(account)).toBe(before.version + 1);
        expect(recoveriesOf(raw)).toBe(round);
      }
    },
  );

  testWriter("is told of the death of a writer of this library", async () => {
    using _home = new Home();
    using _shared = SharedStruct.createNew("account", Account);
    await using writer = await openWriter();
    await using victim = await openWriter();
    expect(await writer.call<string>("recover")).toBe("acquired");
    expect(await victim.call<string>("enter")).toBe("inside");
    await victim.kill();
    expect(await writer.call<string>("recover")).toBe("abandoned");
    expect(await writer.call<string>("recover")).toBe("acquired");
    expect(await writer.call<number>("update", 1)).toBe(1);
  });

  testWriter(
    "holds the mutex against this library, and its unlocking wakes those who wait",
    async () => {
      using _home = new Home();
      using shared = SharedStruct.createNew("account", Account);
      await using writer = await openWriter();
      await using other = new Peer([process.execPath, ACCOUNTANT]);
      expect(await other.call<number>("version")).toBe(0);
      expect(await writer.call<string>("enter")).toBe("inside");
      const update = () => shared.update(account, { timeoutMs: 20 });
      expectCode(update, "TimeoutError", "ETIMEDOUT");
      other.send("update", 1);
      writer.send("leave the update");
      expect(await writer.answer<number>()).toBe(1);
      await other.answer();
      expect(shared.version).toBe(2);
      expect(isSound(shared.read())).toBe(true);
    },
  );

  testWriter("keeps the name as a holder, and removes it as the last one", async () => {
    using home = new Home();
    const shared = SharedStruct.createNew("account", Account);
    await using writer = await openWriter();
    shared.dispose();
    expect(home.names()).toEqual(["account"]);
    expectCode(() => SharedStruct.createNew("account", Account), "SystemError", "EEXIST");
    await writer.call("update", 1);
    {
      using again = SharedStruct.openExisting("account", Account);
      expect(again.version).toBe(1);
    }
    await writer.call("close");
    expect(home.names()).toEqual([]);
    await using late = startWriter();
    const open = late.call("open", "account", Account.canonical);
    expect(await open.catch(({ className }) => className)).toBe("FileNotFoundError");
  });
});
