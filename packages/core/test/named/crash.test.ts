/** Processes that die, or stop, in the middle of what they do with a name. */
import { describe, expect, test } from "bun:test";
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { ifSignals, isLinux, isWindows, KILLED, testIf, wine } from "@isthmus/testing/requirement";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { MemoryMappedFile } from "../../src/index.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";
import { SteppedSource } from "./support/stepped-source.ts";

// Generous: the processes of a test may have to share a busy machine.
/** More than any action has. */
const STEPS_MAX = 40;

/** Starts an action that signals itself before one of its system calls. */
function stepper(source: SteppedSource, action: string, step: number, signal: NodeJS.Signals) {
  const input = { action, name: "cut", step, signal };
  return new Participant({ fixture: "stepper", input, environment: source.environment });
}

/** Kills an action before its first system call, before its second, … until it comes to its end. */
async function killAtEveryStep(action: string, check: () => void): Promise<number> {
  using source = new SteppedSource();
  for (let step = 0; step < STEPS_MAX; step++) {
    await using victim = stepper(source, action, step, "SIGKILL");
    const isThrough = await victim.answer().then(
      () => true,
      () => false,
    );
    expect(await victim.end()).toBe(KILLED);
    check();
    if (isThrough) return step;
  }
  throw new Error(`"${action}" has more than ${STEPS_MAX} steps`);
}

const ifStepped = testIf(!isWindows, "names that node:fs links and removes");

describe("kill -9 before each system call", () => {
  for (const [action, stepsMin] of [
    ["create", 8],
    ["leave", 4],
    ["unlink", 4],
  ] as const) {
    ifStepped(`of "${action}" leaves a name that can be created at once`, async () => {
      using home = new Home();
      home.collect();
      const steps = await killAtEveryStep(action, () => {
        using memory = MemoryMappedFile.createNew("cut", 128);
        using view = memory.createViewAccessor();
        expect(view.bytes().every((byte) => byte === 0)).toBe(true);
      });
      expect(steps).toBeGreaterThanOrEqual(stepsMin);
      expect(home.files()).not.toContain("cut");
      await using next = new Participant();
      await next.call("create", "m", "next", 1);
      expect(home.files()).toEqual(["next"]);
    });
  }

  ifStepped("of an opening leaves the name to its holder", async () => {
    using home = new Home();
    {
      using _holder = MemoryMappedFile.createNew("cut", 64);
      await killAtEveryStep("open", () => {
        expectCode(() => MemoryMappedFile.createNew("cut", 64), "SystemError", "EEXIST");
        MemoryMappedFile.openExisting("cut").dispose();
      });
    }
    expect(home.files()).toEqual([]);
  });

  ifStepped("of the creation of a persistent name leaves all of it or nothing", async () => {
    using home = new Home();
    home.collect();
    let present = 0;
    const steps = await killAtEveryStep("createPersistent", () => {
      // What the dead have left is collected by the next ones, which then have more steps.
      for (const file of home.files()) if (file !== "cut") unlinkSync(join(home.path, file));
      const opened = home.files().includes("cut") ? MemoryMappedFile.openExisting("cut") : null;
      if (opened === null) return;
      present++;
      expect(opened.capacity).toBe(64);
      opened.dispose();
      MemoryMappedFile.unlink("cut");
    });
    expect(present).toBeGreaterThan(1); // killed behind the link, and not at all
    expect(present).toBeLessThan(steps);
  });
});

test("kill -9 at random moments never takes a name out of use", async () => {
  using home = new Home();
  home.collect();
  const random = new SeededRandom(11);
  for (let round = 0; round < (wine === undefined ? 25 : 8); round++) {
    await using one = new Participant({ fixture: "cycler", input: { name: "cycled" } });
    await using two = new Participant({ fixture: "cycler", input: { name: "cycled" } });
    await Promise.all([one.answer(), two.answer()]);
    const until = performance.now() + random.next() * 4;
    while (performance.now() < until);
    await Promise.all([one.kill(), two.kill()]);
    MemoryMappedFile.createNew("cycled", 8).dispose();
    expect(home.files()).not.toContain("cycled");
  }
  await using next = new Participant();
  await next.call("create", "m", "next", 1);
  expect(home.files()).toEqual(["next"]);
});

describe("a stopped process", () => {
  ifSignals("keeps the name that it holds", async () => {
    using home = new Home();
    await using holder = new Participant();
    await holder.call("create", "m", "asleep", 64);
    await holder.call("view", "v", "m");
    await holder.call("write", "v", 0, 21);
    holder.signal("SIGSTOP");
    expectCode(() => MemoryMappedFile.createNew("asleep", 8), "SystemError", "EEXIST");
    {
      using memory = MemoryMappedFile.createOrOpen("asleep", 8);
      using view = memory.createViewAccessor();
      expect([memory.createdNew, view.readInt32(0)]).toEqual([false, 21]);
    }
    await using other = new Participant(); // its first use collects what nobody holds
    await expectRejection(other.call("create", "m", "asleep", 8), "SystemError", "EEXIST");
    holder.signal("SIGCONT");
    expect(await holder.call<number>("read", "v", 0)).toBe(21);
    expect(home.files()).toEqual(["asleep"]);
  });

  for (const action of ["create", "leave", "unlink"]) {
    testIf(isLinux, "Linux, to see that a process is stopped")(
      `in the middle of "${action}" blocks no other name, and can go on`,
      async () => {
        using home = new Home();
        home.collect();
        using source = new SteppedSource();
        for (let step = 0; step < STEPS_MAX; step++) {
          await using sleeper = stepper(source, action, step, "SIGSTOP");
          const result = sleeper.answer();
          const isThrough = await Promise.race([
            result.then(() => true),
            untilStopped(sleeper.pid).then(
              () => false,
              () => true,
            ),
          ]);
          MemoryMappedFile.createNew("other", 8).dispose();
          await using next = new Participant(); // collects beside the sleeper
          await next.call("create", "m", "another", 8);
          await next.call("dispose", "m");
          sleeper.signal("SIGCONT");
          await result; // throws when what the sleeper does failed
          if (isThrough) break;
        }
      },
    );
  }
});
