/** What may be a name and what may not. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { testIf } from "@isthmus/testing/requirement";
import { MemoryMappedFile } from "../../src/index.ts";
import { platform } from "../../src/native/platform.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

// Generous: the processes of a test may have to share a busy machine.
type Verb = (name: string) => unknown;

const VERBS: readonly (readonly [string, Verb])[] = [
  ["createNew", (name) => MemoryMappedFile.createNew(name, 8)],
  ["openExisting", (name) => MemoryMappedFile.openExisting(name)],
  ["createOrOpen", (name) => MemoryMappedFile.createOrOpen(name, 8)],
  ["unlink", (name) => MemoryMappedFile.unlink(name)],
];

const REFUSED: readonly (readonly [string, string])[] = [
  ["is empty", ""],
  ["has 201 bytes", "a".repeat(201)],
  ["has 201 bytes in 67 characters", "€".repeat(67)],
  ["has 202 bytes in 101 characters", "é".repeat(101)],
  ["has 204 bytes in 51 characters outside the basic plane", "😀".repeat(51)],
  ["has a slash", "a/b"],
  ["begins with a slash", "/absolute"],
  ["has a backslash", "a\\b"],
  ["has a NUL", "a\0b"],
  ["ends with a NUL", "a\0"],
  ["begins with a dot", ".hidden"],
  ["is a dot", "."],
  ["is two dots", ".."],
  ["climbs", "../climbs"],
  ["has a lone high surrogate", "a\ud800"],
  ["has a lone low surrogate", "\udc00a"],
];

const PERMITTED: readonly string[] = [
  "a",
  "with spaces",
  " leading and trailing ",
  "line\nfeed\tand tab",
  "…",
  "naïve ☃ 😀",
  "日本語",
  "a.b.c",
  "trailing.",
  "-rf *",
  "con:aux",
  "%2e%2e%2f",
  "$(touch x)",
  "\u202eright to left",
  "a".repeat(200),
  "é".repeat(100),
  "😀".repeat(50),
];

describe("a name that", () => {
  for (const [what, name] of REFUSED) {
    test(`${what} is refused by every verb`, () => {
      using home = new Home();
      for (const [, verb] of VERBS) {
        const { message } = expectCode(() => verb(name), "TypeError", "ERR_INVALID_ARG_VALUE");
        expect(message).toContain('"name"');
        expect(message).toContain(
          '1 to 200 bytes of UTF-8 without "/", "\\", NUL or a leading "."',
        );
      }
      expect(home.files()).toEqual([]);
    });
  }

  test("is not a string is refused by every verb", () => {
    using home = new Home();
    const values = [
      undefined,
      5,
      5n,
      true,
      {},
      ["a"],
      Symbol("a"),
      Buffer.from("a"),
      new String("a"),
    ];
    for (const [verbName, verb] of VERBS) {
      for (const value of verbName === "createNew" ? values : [...values, null]) {
        const call = () => verb(value as string);
        const { message } = expectCode(call, "TypeError", "ERR_INVALID_ARG_TYPE");
        expect(message).toContain('"name"');
      }
    }
    expect(home.files()).toEqual([]);
  });

  for (const name of PERMITTED) {
    const isFileName = platform().objectionToName?.(name) === undefined;
    const permit = testIf(isFileName, "a system where files can be called so");
    permit(`is ${JSON.stringify(name).slice(0, 40)} is permitted`, async () => {
      using home = new Home();
      await using other = new Participant();
      const memory = MemoryMappedFile.createNew(name, 8);
      using view = memory.createViewAccessor();
      view.writeInt32(0, 4);
      expect(home.files()).toEqual([name]);
      expect(memory.name).toBe(name);
      await other.call("open", "m", name);
      await other.call("view", "v", "m");
      expect(await other.call<number>("read", "v", 0)).toBe(4);
      await other.kill();
      MemoryMappedFile.unlink(name);
      memory.dispose();
      expect(home.files()).toEqual([]);
    });
  }
});

test("names that differ only in how characters are composed are different names", () => {
  using _home = new Home();
  using composed = MemoryMappedFile.createNew("\u00e9", 8);
  using combined = MemoryMappedFile.createNew("e\u0301", 16);
  expect([composed.capacity, combined.capacity]).toEqual([8, 16]);
});
