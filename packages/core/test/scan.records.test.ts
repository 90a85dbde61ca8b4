/** `MemoryMappedFile.records()`: the same as splitting, wherever windows and ranges end. */
import { describe, expect, test } from "bun:test";
import { openSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Backing } from "../src/backing.ts";
import { MemoryMappedFile } from "../src/index.ts";
import { records } from "../src/scan/records.ts";

const FILES = [
  "",
  "a",
  "\n",
  "a\n",
  "\n\n",
  "a\nb",
  "\r\n\r\n",
  "one\0two\0\0three",
  "ababab",
  "xx--yy-z---",
  "ä--ö",
  "-",
  "--",
  "a--",
  "--a",
];

/** What splitting gives, without an empty record behind the last separator. */
function split(text: string, separator: string): string[] {
  const parts = text.split(separator);
  if (parts.at(-1) === "") parts.pop();
  return parts;
}

const texts = (found: Iterable<Uint8Array>): string[] =>
  Array.from(found, (each) => new TextDecoder().decode(each));

describe("records()", () => {
  test.each(["\n", "\0", "--", "\r\n", "ab"])(
    "between %j, at every border of windows",
    (separator) => {
      using directory = new TemporaryDirectory();
      for (const [index, text] of FILES.entries()) {
        const path = directory.file(`f${index}`, text);
        const expected = split(text, separator);
        using file = MemoryMappedFile.createFromFile(path, { access: "read" });
        expect(texts(file.records({ separator }))).toEqual(expected);
        const backing = new Backing({ fd: openSync(path, "r"), path, isRegular: true });
        try {
          const source = { backing, access: "read", capacity: file.capacity } as const;
          for (let window = 1; window < 8; window++) {
            expect(texts(records(source, { separator }, window))).toEqual(expected);
          }
        } finally {
          backing.release();
        }
      }
    },
  );

  test("a record belongs to the range in which it begins: ranges side by side give each once", () => {
    using directory = new TemporaryDirectory();
    const text = "one--two----three--four--";
    const path = directory.file("text", text);
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    for (let cut = 0; cut <= text.length; cut++) {
      const before = texts(file.records({ separator: "--", length: cut }));
      const behind = texts(file.records({ separator: "--", offset: cut }));
      expect([...before, ...behind]).toEqual(split(text, "--"));
    }
  });

  test("a byte, bytes and the line feed separate, and nothing else", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("text", "a,b\nc");
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    expect(texts(file.records())).toEqual(["a,b", "c"]);
    expect(texts(file.records({ separator: 0x2c }))).toEqual(["a", "b\nc"]);
    expect(texts(file.records({ separator: new Uint8Array([0x2c, 0x62]) }))).toEqual(["a", "\nc"]);
    const empty = (): unknown => [...file.records({ separator: "" })];
    expectCode(empty, TypeError, "ERR_INVALID_ARG_VALUE");
    const behind = (): unknown => [...file.records({ offset: 6 })];
    expectCode(behind, RangeError, "ERR_OUT_OF_RANGE");
  });
});
