/** The guard as part of a process: what it must not swallow, and threads that come and go. */
import { describe, expect, test } from "bun:test";
import { cpSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { CORE_VARIABLE, SOURCE } from "../named/support/core.ts";
import { Participant } from "../named/support/participant.ts";

// Generous: the processes of a test may have to share a busy machine.
const fixture = (name: string) => join(import.meta.dir, "fixtures", name);

describe("a SIGBUS that is not the library's", () => {
  /** How a process ends that runs the same script with and without the library. */
  async function endOf(withLibrary: false | "idle" | "faulted", cause: "mmap" | "kill") {
    using directory = new TemporaryDirectory();
    const path = directory.file("foreign", new Uint8Array(8192));
    const input = { path, other: directory.file("own"), withLibrary, cause };
    await using process = new Participant({ fixture: fixture("outside"), input });
    return await process.end();
  }

  for (const cause of ["mmap", "kill"] as const) {
    test(`ends the process as it would without the library (${cause})`, async () => {
      const bare = await endOf(false, cause);
      expect(bare).toBe("SIGBUS");
      expect(await endOf("idle", cause)).toBe(bare);
      expect(await endOf("faulted", cause)).toBe(bare);
    });
  }
});

describe("a process whose Bun cannot compile the handler", () => {
  test("is told so, once, by a warning and a property, and works until a file is truncated", async () => {
    using directory = new TemporaryDirectory();
    const input = { path: directory.file("data", new Uint8Array(8192).fill(1)) };
    await using sound = new Participant({ fixture: fixture("unguarded"), input });
    expect(await sound.answer<object>()).toEqual({ isGuarded: true, warnings: [], sum: 2 });
    expect(await sound.answer<string>()).toBe("FileTruncatedError");

    const source = directory.file("src");
    cpSync(SOURCE, source, { recursive: true });
    writeFileSync(join(source, "native", "bus-guard.c"), "#error not today\n");
    writeFileSync(input.path, new Uint8Array(8192).fill(1));
    const environment = { [CORE_VARIABLE]: source };
    await using bare = new Participant({ fixture: fixture("unguarded"), input, environment });
    const warnings = ["ISTHMUS_UNGUARDED"];
    expect(await bare.answer<object>()).toEqual({ isGuarded: false, warnings, sum: 2 });
    expect(await bare.end()).toBe("SIGBUS");
  });
});

test("a hole of more pages than a process may have mappings is survived", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("large", "");
  truncateSync(path, 600 << 20);
  await using process = new Participant({ fixture: fixture("large-hole"), input: { path } });
  expect(await process.answer<number>()).toBe(0);
});

/** Maps in the places that an ended worker has left, and finds each of them watched. */
const MANY: readonly string[] = ["mapMany", ...Array<string>(20).fill("fault")];

describe("a truncated file is survived by", () => {
  const plans: Readonly<Record<string, readonly string[]>> = {
    "the main thread beside a worker": ["map", "start a", "fault", "fault a"],
    "the main thread that maps after a worker": ["start a", "map", "fault", "fault a"],
    "several workers": ["start a", "start b", "start c", "fault b", "fault a", "fault c"],
  };
  for (const end of ["exit", "close", "terminate"]) {
    Object.assign(plans, {
      [`the main thread after a worker's end (${end})`]: [
        "map",
        "map",
        "start a",
        `${end} a`,
        "fault",
        ...MANY,
        "fault",
      ],
      [`the main thread that maps while a worker lives, and ends (${end})`]: [
        "start a",
        "map",
        `${end} a`,
        "fault",
        ...MANY,
      ],
      [`everybody when workers end in the order of their start (${end})`]: [
        "map",
        "map",
        "start a",
        "start b",
        "start c",
        `${end} a`,
        "fault",
        `${end} b`,
        "fault c",
        `${end} c`,
        ...MANY,
        "fault",
      ],
      [`a worker after others have ended (${end})`]: [
        "start a",
        "start b",
        `${end} a`,
        "start c",
        "fault b",
        `${end} b`,
        "fault c",
        ...MANY,
      ],
    });
  }
  for (const [who, plan] of Object.entries(plans)) {
    test(who, async () => {
      using directory = new TemporaryDirectory();
      const input = { directory: directory.path, plan };
      await using process = new Participant({ fixture: fixture("workers"), input });
      const seen = await process.answer<unknown[]>();
      const faults = plan.filter((step) => step.startsWith("fault"));
      expect(seen).toEqual(faults.map(() => "FileTruncatedError"));
      expect(await process.end()).toBe(0);
    });
  }

  test("the main thread after many workers that overlapped", async () => {
    using directory = new TemporaryDirectory();
    const plan = ["map", "start 0"];
    for (let i = 1; i < 20; i++) plan.push(`start ${i}`, `terminate ${i - 1}`);
    plan.push("fault", "fault 19", ...MANY);
    const input = { directory: directory.path, plan };
    await using process = new Participant({ fixture: fixture("workers"), input });
    expect(await process.answer<unknown[]>()).toEqual(Array(22).fill("FileTruncatedError"));
  });
});
