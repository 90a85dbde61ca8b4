/** `MemoryMappedFile.rows()`: the fields that others find, wherever windows and ranges end. */
import { describe, expect, test } from "bun:test";
import { openSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { testIf } from "@isthmus/testing/requirement";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Backing } from "../src/backing.ts";
import { MemoryMappedFile, type RowOptions } from "../src/index.ts";
import { rows } from "../src/scan/rows.ts";

/** What Python's `csv` makes of texts, with an empty line as one empty field. */
const PYTHON = `
import csv, io, json, sys
csv.field_size_limit(1 << 30)
read = lambda text: [row or [""] for row in csv.reader(io.StringIO(text, newline=""))]
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
`;

const CASES: Readonly<Record<string, string[][]>> = {
  "": [],
  a: [["a"]],
  "\n": [[""]],
  "a,b\nc,d\n": [
    ["a", "b"],
    ["c", "d"],
  ],
  "a,\r\n,b": [
    ["a", ""],
    ["", "b"],
  ],
  '"a, ""b""\nc",d\n': [['a, "b"\nc', "d"]],
  '"","" , ""\r\n': [["", " ", ' ""']],
  'say "hi",x\n': [['say "hi"', "x"]],
  '"open, with\nlines': [["open, with\nlines"]],
  '"closed"late"r",x\n': [['closedlate"r"', "x"]],
  '"': [[""]],
  '"a"\r': [["a\r"]],
  "a\r": [["a\r"]],
  "\ufeffname,ä\nx,€\n": [
    ["name", "ä"],
    ["x", "€"],
  ],
};

/** All rows of a text, as they are found in windows of some length. */
function rowsOf(text: string, windowBytes?: number, options?: RowOptions): string[][] {
  using directory = new TemporaryDirectory();
  const path = directory.file("table", text);
  const capacity = Buffer.byteLength(text);
  const backing = new Backing({ fd: openSync(path, "r"), path, isRegular: true });
  try {
    const source = { backing, access: "read", capacity } as const;
    return Array.from(rows(source, options, windowBytes), (row) => row.texts());
  } finally {
    backing.release();
  }
}

const ALPHABET = ["a", "bc", ",", ",", '"', '"', '""', "\n", "\r\n", "ä", " "];

function randomText(random: SeededRandom): string {
  return Array.from({ length: random.below(25) }, () => random.pick(ALPHABET)).join("");
}

describe("rows()", () => {
  test.each(Object.entries(CASES))("%j", (text, expected) => {
    for (const window of [1, 2, 3, 5, 7, undefined]) expect(rowsOf(text, window)).toEqual(expected);
  });

  const hasPython = Bun.which("python3") !== null;
  testIf(hasPython, "python3")("finds what Python finds, at every border of windows", async () => {
    const random = new SeededRandom(seedOf("tables"));
    const texts = Array.from({ length: 300 }, () => randomText(random));
    const child = Bun.spawn(["python3", "-c", PYTHON], { stdin: "pipe", stdout: "pipe" });
    child.stdin.write(JSON.stringify(texts));
    child.stdin.end();
    const expected = (await new Response(child.stdout).json()) as string[][][];
    expect(expected).toHaveLength(texts.length);
    for (const [index, text] of texts.entries()) {
      for (const window of [1 + random.below(8), 32 + random.below(64), undefined]) {
        expect({ text, rows: rowsOf(text, window) }).toEqual({ text, rows: expected[index]! });
      }
    }
  });

  test("tells where rows and fields are, and goes on from any row", () => {
    using directory = new TemporaryDirectory();
    const text = '\ufeffname,price\n"pear, ""green""",3\r\n"ap\nple",2\n';
    using file = MemoryMappedFile.createFromFile(directory.file("table", text), { access: "read" });
    const offsets: number[] = [];
    for (const row of file.rows()) {
      offsets.push(row.offset);
      for (let field = 0; field < row.length; field++) {
        const bytes = row.bytes.subarray(row.start(field), row.end(field));
        const raw = new TextDecoder().decode(bytes);
        expect(row.isEscaped(field) ? '"pear, ""green"""' : row.text(field)).toBe(raw);
      }
    }
    expect(offsets).toEqual([3, 14, 35]);
    const from = (options: RowOptions): string[][] =>
      Array.from(file.rows(options), (row) => row.texts());
    expect(from({ offset: 14 })).toEqual([
      ['pear, "green"', "3"],
      ["ap\nple", "2"],
    ]);
    // Those that begin in the range, also when they end behind it.
    expect(from({ offset: 14, length: 1 })).toEqual([['pear, "green"', "3"]]);
    expect(from({ offset: 3, length: 0 })).toEqual([]);
  });

  test("of other characters, and of many fields", () => {
    const many = Array.from({ length: 1000 }, (_, field) => `${field}`);
    expect(rowsOf(many.join("\t"), 100, { delimiter: "\t", quote: null })).toEqual([many]);
    expect(rowsOf(`'a;b';"c"`, 3, { delimiter: ";", quote: "'" })).toEqual([["a;b", '"c"']]);
    expect(rowsOf('"a",b', 3, { quote: null })).toEqual([['"a"', "b"]]);
  });

  test("refuses what cannot be", () => {
    const refused = (options: unknown): unknown => rowsOf("a", undefined, options as RowOptions);
    for (const delimiter of ["", "ab", "ä", "\n", '"']) {
      expectCode(() => refused({ delimiter }), RangeError, "ERR_OUT_OF_RANGE");
    }
    expectCode(() => refused({ quote: 1 }), TypeError, "ERR_INVALID_ARG_TYPE");
    expectCode(() => refused({ separator: "," }), TypeError, "ERR_INVALID_ARG_VALUE");
    using directory = new TemporaryDirectory();
    using file = MemoryMappedFile.createFromFile(directory.file("table", "a,b\n"));
    for (const row of file.rows()) {
      expectCode(() => row.text(2), RangeError, "ERR_OUT_OF_RANGE");
      expectCode(() => row.start(-1), RangeError, "ERR_OUT_OF_RANGE");
    }
  });

  test("a quote that is not closed is told before the whole file is one row", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("table", "");
    using file = MemoryMappedFile.createFromFile(path, { capacity: 80 << 20, allocate: false });
    using view = file.createViewAccessor({ size: 16 });
    view.writeUint8(0, 0x61);
    view.writeUint8(1, 0x0a);
    view.writeUint8(2, 0x22);
    const error = expectCode(() => [...file.rows()], RangeError, "ERR_OUT_OF_RANGE");
    expect(error.message).toContain('row at byte 2"');
  });
});
