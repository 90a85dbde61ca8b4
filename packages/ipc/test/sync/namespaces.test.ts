/** Mutexes between containers: processes of different PID namespaces, each of which is number 1 in its own. */
import { expect } from "bun:test";
import { join } from "node:path";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Peer } from "@isthmus/testing/peer";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { NamedMutex } from "../../src/index.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

const CONTAINER = ["unshare", "--pid", "--fork", "--kill-child=SIGKILL"];
const canUnshare =
  isLinux && Bun.spawnSync([...CONTAINER, "true"], { stderr: "ignore" }).exitCode === 0;
const testInContainers = testIf(canUnshare, "the right to make PID namespaces");

testInContainers("a mutex has one owner, and the next one waits for it", async () => {
  using home = new Home();
  using mutex = NamedMutex.createNew("m");
  await using owner = new Participant("participant", null, CONTAINER);
  await using next = new Participant("participant", null, CONTAINER);
  await owner.call("acquire", "m");
  expect(mutex.owner?.pid).toBe(1);
  expect(await next.call("tryAcquire", "m")).toBeNull();
  const late = next.call("acquire", "m", { timeoutMs: 20 });
  await expectRejection(late, "TimeoutError", "ETIMEDOUT");
  const wait = next.call("acquireAsync", "m");
  await home.untilWaiting("m", "in event loop");
  await owner.call("release", "m");
  expect(await wait).toEqual({ abandoned: false });
  await next.kill();
  expect(await owner.call("acquire", "m", { timeoutMs: 200_000 })).toEqual({ abandoned: true });
});

testInContainers("a struct is updated by one at a time", async () => {
  using _home = new Home();
  const script = join(import.meta.dir, "..", "shared-struct", "fixtures", "peer.ts");
  await using owner = new Peer([...CONTAINER, process.execPath, script]);
  await using next = new Peer([...CONTAINER, process.execPath, script]);
  await owner.call("open", "shared");
  await next.call("open", "shared");
  expect(await owner.call<string>("enter", 3)).toBe("inside");
  await next.call("expectTimeout", 30);
  owner.send("version"); // ends the update
  expect(await owner.answer<number>()).toBe(1);
  expect(await next.call<number>("set", 4)).toBe(2);
});
