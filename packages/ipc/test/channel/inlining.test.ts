import { describe, expect } from "bun:test";
import { join } from "node:path";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { Home } from "../sync/support/home.ts";

/** JavaScriptCore's limit for a function that it takes into its caller, in bytes of bytecode. */
const LIMIT_BYTES = 170;

/** The functions that every record goes through, and how many of each name there are. */
const HOT = {
  send: ["Sender", "StructSender"],
  claim: ["Sender", "StructSender", "FixedBroadcastPublisher"],
} as const;

/** Sizes in bytes of the functions of a name that a program ran. */
function sizesOf(output: string, name: string): number[] {
  const line = new RegExp(`^${name}#\\w+:\\[[^,]+, NoneFunctionCall, (\\d+)`, "gm");
  return [...output.matchAll(line)].map(([, size]) => Number(size));
}

describe("StructSender", () => {
  testIf(
    !isWindows,
    "another system: the compiler is the same, and under Wine it takes minutes to say what it does",
  )(
    "send() and claim() of producers and publishers are short enough for the compiler to take them into a loop",
    () => {
      using _home = new Home();
      const script = join(import.meta.dir, "fixtures/hot-send.ts");
      const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, script], {
        env: { ...process.env, BUN_JSC_dumpGeneratedBytecodes: "1" },
      });
      expect(exitCode).toBe(0);
      const output = `${stdout}${stderr}`;
      for (const [name, owners] of Object.entries(HOT)) {
        const small = sizesOf(output, name).filter((size) => size <= LIMIT_BYTES);
        // A function of the same name elsewhere may be longer; one that grew is missing here.
        expect({ name, count: small.length }).toEqual({ name, count: owners.length });
      }
    },
  );
});
