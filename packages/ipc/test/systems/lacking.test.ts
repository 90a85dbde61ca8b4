/**
 * Tests of this package, once more, with less from the operating system than this one has: what macOS and FreeBSD
 * go on without.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { doWithout, type Lack, platform } from "@isthmus/core/internal";

const SYSTEMS: Readonly<Record<string, { lacks: readonly Lack[]; tests: readonly string[] }>> = {
  "without robust mutexes": {
    lacks: ["robust mutexes"],
    tests: [
      "sync/named-mutex",
      "sync/mutex-processes",
      "sync/named-semaphore",
      "shared-struct/update",
      "shared-struct/update-async",
      "shared-struct/compare-and-set",
      "shared-struct/crash",
      "shared-struct/hostile",
      "layout/python-writer",
    ],
  },
  "without robust mutexes, byte locks and pipe locks": {
    lacks: ["robust mutexes", "byte locks", "pipe locks"],
    tests: [
      "sync/named-mutex",
      "sync/mutex-processes",
      "sync/named-semaphore",
      "sync/kill-storm",
      "segment/processes",
      "wait/processes",
      "wait/event-loop",
      "wait/time-outs",
    ],
  },
};

/** The locking writer in Python needs a compare-and-exchange for a mutex that is a word. */
const CAN_PYTHON_EXCHANGE =
  Bun.which("python3") !== null &&
  Bun.spawnSync(["python3", "-c", 'import ctypes; ctypes.CDLL("libatomic.so.1")']).success;

for (const [system, { lacks, tests }] of Object.entries(SYSTEMS)) {
  describe(system, async () => {
    beforeAll(() => doWithout(lacks));
    afterAll(() => doWithout([]));

    test("is what the following tests run on", () => {
      const { robustMutexes, byteLocks, canLockPipes } = platform();
      const has = [robustMutexes !== undefined, byteLocks !== undefined, canLockPipes];
      expect(has).toEqual([false, !lacks.includes("byte locks"), !lacks.includes("pipe locks")]);
    });

    // With a query each is a module of its own, beside the one that runs by itself.
    for (const name of tests) {
      if (name !== "layout/python-writer" || CAN_PYTHON_EXCHANGE) {
        await import(`../${name}.test.ts?${encodeURIComponent(system)}`);
      } else test.skip(`${name} [skipped: needs python3 and libatomic.so.1]`, () => {});
    }
  });
}
