import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { runs } from "@isthmus/testing/runs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import type { LineOptions, MemoryMappedFile } from "../src/index.ts";
import { TEXT_BYTES } from "../src/scan/line-iterators.ts";
import { SCAN_WINDOW_BYTES } from "../src/scan/windows.ts";
import { memoryOf } from "./support/memory-of.ts";
import { runFixture } from "./support/subprocess.ts";

const LINE_FEED = 0x0a;

/** Lines as the documentation has them: ended by "\n" or "\r\n", the last one perhaps by nothing. */
function textLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function rawLines(bytes: Uint8Array): number[][] {
  const lines: number[][] = [];
  let line: number[] = [];
  for (const byte of bytes) {
    if (byte === LINE_FEED) {
      lines.push(line);
      line = [];
    } else line.push(byte);
  }
  return line.length > 0 ? [...lines, line] : lines;
}

function rawOf(memory: MemoryMappedFile): number[][] {
  const lines: number[][] = [];
  for (const line of memory.lines({ raw: true })) lines.push([...line]);
  return lines;
}

/** A text in which `piece` begins at the first byte of the second window, or some bytes earlier. */
function atBorder(piece: string, bytesBefore: number): string {
  const line = `${"x".repeat(1023)}\n`;
  const room = SCAN_WINDOW_BYTES - bytesBefore;
  const whole = line.repeat(Math.floor(room / 1024));
  return `${whole}${"y".repeat(room % 1024)}${piece}`;
}

describe("MemoryMappedFile.forEachLine()", () => {
  test("refuses what is no function, or asynchronous", () => {
    using memory = memoryOf(Buffer.from("one\ntwo\n"));
    let count = 0;
    const later = async () => {
      count++;
    };
    for (const visit of [1, undefined, later]) {
      const call = () => memory.forEachLine(visit as never);
      expectCode(call, "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    expect(count).toBe(0);
    // A function that is not asynchronous itself is seen by what it returns, also of long texts.
    for (const text of ["one\ntwo\n", "one\n".repeat(100_000), "1".repeat(300_000)]) {
      using long = memoryOf(Buffer.from(text));
      const call = () => long.forEachLine((() => later()) as never);
      expectCode(call, "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    expect(count).toBe(3);
  });
});

describe("MemoryMappedFile.lines()", () => {
  test.each([
    ["one", ["one"]],
    ["one\n", ["one"]],
    ["one\ntwo", ["one", "two"]],
    ["one\r\ntwo\r\n", ["one", "two"]],
    ["\n", [""]],
    ["\n\n\n", ["", "", ""]],
    ["\r\n\r\n", ["", ""]],
    ["one\n\ntwo\n\n", ["one", "", "two", ""]],
    ["one\rtwo\n", ["one\rtwo"]],
    ["one\r\r\n", ["one\r"]],
    ["one\n\rtwo", ["one", "\rtwo"]],
    ["last\r", ["last\r"]],
    ["\r", ["\r"]],
    ["\ufeffmark\n\ufeffmark", ["\ufeffmark", "\ufeffmark"]],
    ["grün\n文件\n🦊\n", ["grün", "文件", "🦊"]],
    ["a\0b\nc", ["a\0b", "c"]],
  ])("of %j are %j", (text, lines) => {
    using memory = memoryOf(text);
    expect([...memory.lines()]).toEqual(lines);
    expect([...memory.lines({})]).toEqual(lines);
    expect([...memory.lines({ raw: false })]).toEqual(lines);
  });

  test("agree with a plain split of any text", () => {
    const pieces = fc.constantFrom(
      "a",
      "é",
      "🦊",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "word ",
      "\u2028",
      "\0",
    );
    fc.assert(
      fc.property(fc.array(pieces, { minLength: 1, maxLength: 60 }), (parts) => {
        const text = parts.join("");
        using memory = memoryOf(text);
        expect([...memory.lines()]).toEqual(textLines(text));
      }),
      runs(500),
    );
  });

  test("agree with a plain split wherever decoding pauses", () => {
    // Lengths about that of what is decoded at once, and short ones in between.
    const length = fc.oneof(fc.nat(3), fc.integer({ min: TEXT_BYTES - 3, max: TEXT_BYTES + 3 }));
    const ending = fc.constantFrom("\n", "\r\n");
    const text = fc.array(fc.tuple(length, ending), { minLength: 1, maxLength: 6 });
    const property = fc.property(text, fc.nat(3), (lines, rest) => {
      const whole = lines.map(([chars, end]) => "é".repeat(chars / 2) + end).join("");
      using memory = memoryOf(`${whole}${"z".repeat(rest)}`);
      // Compared without a report: it would be megabytes long.
      const isEqual = Bun.deepEquals([...memory.lines()], textLines(whole + "z".repeat(rest)));
      expect(isEqual).toBe(true);
    });
    fc.assert(property, runs(60));
  });

  test("with raw agree with a plain loop over any bytes", () => {
    const bytes = fc.constantFrom(LINE_FEED, 0x0d, 0x61, 0xff, 0x00);
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 200 }), (values) => {
        const content = Uint8Array.from(values);
        using memory = memoryOf(content);
        expect(rawOf(memory)).toEqual(rawLines(content));
      }),
      runs(300),
    );
  });

  test("replace bytes that are not UTF-8 within their line only", () => {
    using memory = memoryOf(new Uint8Array([0xf0, 0x9f, LINE_FEED, 0x61, 0xff, LINE_FEED, 0x62]));
    expect([...memory.lines()]).toEqual(["\ufffd", "a\ufffd", "b"]);
  });

  test.each([
    ["🦊 fox\nend", [0, 1, 2, 3, 4]],
    ["\r\nend", [0, 1, 2, 3]],
    ["\n\nend\n", [0, 1, 2]],
    ["\ufefftext\n", [0, 1, 2, 3]],
  ])("are whole where a window ends inside %j", (piece, places) => {
    for (const bytesBefore of places) {
      const text = atBorder(piece, bytesBefore);
      using memory = memoryOf(text);
      const expected = textLines(text);
      let index = 0;
      for (const line of memory.lines()) {
        if (line !== expected[index]) expect([index, line]).toEqual([index, expected[index] ?? ""]);
        index++;
      }
      expect(index).toBe(expected.length);
    }
  });

  test("are whole when they are longer than several windows", () => {
    const long = SCAN_WINDOW_BYTES * 2 + 1000;
    for (const [before, after] of [
      ["", ""],
      ["first\n", "\nlast"],
      ["", "\n"],
      ["\n", "\r\n\n"],
    ]) {
      const text = `${before}${"z".repeat(long)}${after}`;
      using memory = memoryOf(text);
      expect([...memory.lines()].map((line) => line.length)).toEqual(
        textLines(text).map((line) => line.length),
      );
      const raw: number[] = [];
      for (const line of memory.lines({ raw: true })) raw.push(line.length);
      expect(raw).toEqual(rawLinesLengths(text));
    }
  });

  test("with raw are copies, which may be kept and changed", () => {
    using memory = memoryOf("one\ntwo\r\n");
    const kept = [...memory.lines({ raw: true })];
    kept[0]?.fill(0x2e);
    expect(kept.map((line) => Buffer.from(line).toString())).toEqual(["...", "two\r"]);
    expect([...memory.lines()]).toEqual(["one", "two"]);
  });

  test("refuse options that are none, before the first line", () => {
    using memory = memoryOf("one\n");
    for (const options of [null, true, { raw: 1 }, { raw: "yes" }, []] as unknown[]) {
      const lines = () => memory.lines(options as LineOptions & { raw: true });
      expectCode(lines, TypeError, "ERR_INVALID_ARG_TYPE");
    }
  });

  test("refuse a line that no string can hold, instead of ending the process", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", "first\n");
    const result = await runFixture("endless-line", { input: { path, bytes: 600 * 2 ** 20 } });
    expect(result).toEqual({ lines: 1, name: "RangeError", code: "ERR_OUT_OF_RANGE" });
  });
});

function rawLinesLengths(text: string): number[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.length);
}

describe.each(["lines", "raw lines", "line cursors"] as const)("the iterator of %s", (kind) => {
  const linesOf = (memory: MemoryMappedFile): Generator<unknown, void> => {
    if (kind === "line cursors") return memory.lineCursor();
    return kind === "lines" ? memory.lines() : memory.lines({ raw: true });
  };

  test("ends as a generator does: when it is left, when it is told to, and when it is disposed", () => {
    using memory = memoryOf("one\ntwo\nthree\n");
    const over = { done: true, value: undefined } as const;
    const ended = linesOf(memory);
    expect(ended.next().done).toBe(false);
    expect(ended.return()).toEqual(over);
    expect([ended.next(), ended.return(), ended.next()]).toEqual([over, over, over]);
    const thrown = linesOf(memory);
    thrown.next();
    expect(() => thrown.throw(new TypeError("enough"))).toThrow("enough");
    expect(thrown.next()).toEqual(over);
    const disposed = linesOf(memory);
    {
      using lines = disposed;
      lines.next();
    }
    expect(disposed.next()).toEqual(over);
    const whole = linesOf(memory);
    for (const _ of whole);
    expect(whole.next()).toEqual(over);
  });

  test("has the methods of iterators", () => {
    using memory = memoryOf("one\ntwo\nthree\n");
    expect(linesOf(memory)).toBeInstanceOf(Iterator);
    expect([
      ...linesOf(memory)
        .drop(1)
        .map(() => 1),
    ]).toEqual([1, 1]);
    const lines = linesOf(memory);
    expect([...lines.take(1)].length).toBe(1);
    expect(lines.next().done).toBe(true);
  });
});
