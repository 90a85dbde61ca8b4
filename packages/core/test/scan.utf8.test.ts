import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { runs } from "@isthmus/testing/runs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import { MemoryMappedFile } from "../src/index.ts";
import { openFile } from "../src/open-file.ts";
import { isUtf8 } from "../src/scan/utf8.ts";
import { SCAN_WINDOW_BYTES } from "../src/scan/windows.ts";
import { filled } from "./support/bytes.ts";
import { memoryOf } from "./support/memory-of.ts";

/** The plain twin: a decoder that refuses what is not UTF-8. */
function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe("MemoryMappedFile.isUtf8()", () => {
  test("agrees with a decoder, wherever windows are cut", () => {
    using directory = new TemporaryDirectory();
    const bytes = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom("a", "é", "€", "🦊", "\n").map(Buffer.from) },
        // Beginnings, rests, surrogates, what is too long, and what is no Unicode.
        {
          weight: 1,
          arbitrary: fc
            .constantFrom("c3", "a9", "e282", "eda080", "c080", "f4908080", "ff")
            .map((hex) => Buffer.from(hex, "hex")),
        },
      ),
      { maxLength: 12 },
    );
    const property = fc.property(bytes, fc.integer({ min: 1, max: 9 }), (parts, windowBytes) => {
      const content = Buffer.concat(parts);
      const file = openFile(directory.file("text", content), { access: "read" });
      expect(isUtf8(file, undefined, windowBytes)).toBe(isText(content));
      file.backing.release();
    });
    fc.assert(property, runs(300));
  });

  test("sees a character across the border of two windows, and half of one at the end", () => {
    for (const character of ["é", "€", "🦊"]) {
      const bytes = Buffer.from(character);
      for (let before = 0; before <= bytes.length; before++) {
        const content = filled(SCAN_WINDOW_BYTES + 10, 0x61);
        content.set(bytes, SCAN_WINDOW_BYTES - before);
        using memory = memoryOf(content);
        expect(memory.isUtf8()).toBe(true);
        const length = SCAN_WINDOW_BYTES;
        expect(memory.isUtf8({ length })).toBe(before === 0 || before === bytes.length);
        expect(memory.isUtf8({ offset: length })).toBe(before === 0 || before === bytes.length);
      }
    }
  });

  test("is true for nothing, and refuses what is no range", () => {
    using directory = new TemporaryDirectory();
    using file = MemoryMappedFile.createFromFile(directory.file("empty", ""), { access: "read" });
    expect(file.isUtf8()).toBe(true);
    expectCode(() => file.isUtf8({ offset: 1 }), RangeError, "ERR_OUT_OF_RANGE");
  });
});
