/** The socket beside a bell: it wakes like the bell, what does not know it rings the bell, and nothing of it is left behind. */
import { describe, expect, test } from "bun:test";
import { closeSync, lstatSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { collectAbandoned, doWithout, host, platform } from "@isthmus/core/internal";
import { until } from "@isthmus/testing/patience";
import { collectSegments, NamedEvent } from "../../src/index.ts";
import { Doorbell, ownDoorbell } from "../../src/wait/doorbell.ts";
import { Home } from "../sync/support/home.ts";
import { Participant } from "../sync/support/participant.ts";

const HAS_SOCKETS = platform().datagrams !== undefined && host.readDatagrams !== undefined;
const testIf = test.skipIf(!HAS_SOCKETS);
const WHY = HAS_SOCKETS ? "" : " [skipped: this system or runtime rings by pipes alone]";

function pathOf(home: Home, kind: string, { bell }: Doorbell): string {
  return join(home.path, `.${kind}-${bell.toString(16).padStart(14, "0")}`);
}

/** Rings a bell and waits until its owner has been told; counts how often. */
async function ringAndWait(from: Doorbell, to: Doorbell): Promise<number> {
  let rings = 0;
  const listener = { onBell: (isSafetyLook: boolean) => void (isSafetyLook || rings++) };
  to.listen(listener);
  expect(from.ring(to.bell)).toBe(true);
  await until(() => rings > 0, "the bell is heard");
  to.unlisten(listener);
  return rings;
}

describe("the socket beside a bell", () => {
  testIf(`is its owner's alone, and wakes it${WHY}`, async () => {
    using home = new Home();
    const [own, other] = [ownDoorbell(), new Doorbell(home.path)];
    const path = pathOf(home, "wake", other);
    expect(lstatSync(path).isSocket()).toBe(true);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    // The bell itself cannot be opened: only the socket can have woken.
    unlinkSync(pathOf(home, "bell", other));
    expect(await ringAndWait(own, other)).toBe(1);
  });

  testIf(
    `is done without when it is gone, is no socket, or its path is too long${WHY}`,
    async () => {
      using home = new Home();
      const [own, other] = [ownDoorbell(), new Doorbell(home.path)];
      unlinkSync(pathOf(home, "wake", other));
      expect(await ringAndWait(own, other)).toBe(1);
      expect(platform().datagrams?.bind(join(home.path, "n".repeat(120)))).toBeUndefined();
      expect(platform().datagrams?.connect(pathOf(home, "bell", own))).toBeUndefined();
    },
  );

  testIf(`is done without when it refuses after it has been rung${WHY}`, async () => {
    using home = new Home();
    const [own, other] = [ownDoorbell(), new Doorbell(home.path)];
    const path = pathOf(home, "wake", other);
    unlinkSync(path);
    const deaf = platform().datagrams?.bind(path) ?? -1;
    expect(own.ring(other.bell)).toBe(true);
    closeSync(deaf);
    expect(await ringAndWait(own, other)).toBe(1);
  });

  testIf(`wakes between a process that has one and another that does not${WHY}`, async () => {
    using home = new Home();
    using event = NamedEvent.createNew("e", { reset: "auto" });
    doWithout(["datagrams"]);
    await using other = new Participant();
    doWithout([]);
    await other.call("event", "openExisting", "e");
    const wait = event.waitAsync();
    await other.call("set", "e");
    expect(await wait).toBeUndefined();
    expect(home.cell("e").timeoutWakes).toBe(0);
  });

  testIf(`goes with its bell when its owner was killed${WHY}`, async () => {
    using home = new Home();
    using _event = NamedEvent.createNew("e", { reset: "auto" });
    const own = readdirSync(home.path).sort();
    const other = new Participant();
    await other.call("event", "openExisting", "e");
    const sockets = (): string[] => home.files().filter((name) => name.startsWith(".wake-"));
    expect(sockets()).toHaveLength(2);
    await other.kill();
    const announced = collectSegments({ dryRun: true }).removed.map(({ name }) => name);
    expect(announced.filter((name) => name.startsWith(".wake-"))).toHaveLength(1);
    expect(collectAbandoned(home.path).sort()).toEqual(announced.sort());
    expect(home.files()).toEqual(own);
  });
});
