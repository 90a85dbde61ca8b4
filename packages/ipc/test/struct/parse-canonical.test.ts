/** A schema made anew from its canonical text is the same, reads the same, and no other text is accepted. */
import { describe, expect, test } from "bun:test";
import { CorruptSegmentError } from "@isthmus/core";
import fc from "fast-check";
import { decodePlain } from "../../src/struct/decode-plain.ts";
import { array, oneOf, struct, u8, u16, u32, u53, utf8 } from "../../src/struct/index.ts";
import { parseCanonical } from "../../src/struct/parse-canonical.ts";
import { structCase } from "./arbitrary.ts";

const Nested = struct({
  id: u32,
  side: oneOf("buy", "a, b", 'quo"te)', "ça,3)", "line\u2028end\n"),
  words: array(oneOf("x,1", "y)"), 3),
  fills: array(array(struct({ at: u53, deep: struct({ size: u16, name: utf8(6) }) }), 2), 3),
  last: u8,
});

describe("parseCanonical()", () => {
  test("gives the schema whose text it is, which reads what the first one wrote", () => {
    const scripts = structCase.chain(({ type, values }) =>
      values.map((value) => [type, value] as const),
    );
    fc.assert(
      fc.property(scripts, ([schema, value]) => {
        const again = parseCanonical(schema.canonical);
        expect(again.canonical).toBe(schema.canonical);
        expect(again.layout).toEqual(schema.layout);
        const view = new DataView(new ArrayBuffer(schema.size + 3), 3);
        schema.encode(view, 0, value);
        expect(decodePlain(again.layout, view, 0)).toEqual(schema.decode(view, 0));
      }),
      { numRuns: 300 },
    );
  });

  test("accepts no text with one character changed, unless that is a schema's own", () => {
    const text = Nested.canonical;
    const characters = fc.constantFrom(...'0123456789 \n,.()[]"\\azU_$é\0');
    const change = fc.tuple(fc.nat({ max: text.length - 1 }), characters, fc.nat({ max: 2 }));
    let accepted = 0;
    fc.assert(
      fc.property(change, ([at, character, removed]) => {
        const changed = text.slice(0, at) + character + text.slice(at + removed);
        try {
          expect(parseCanonical(changed).canonical).toBe(changed);
          accepted++;
        } catch (error) {
          if (!(error instanceof CorruptSegmentError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
    // A name with another letter in it is a schema, too: the test has seen both.
    expect(accepted).toBeGreaterThan(0);
  });

  const line = "isthmus struct 1\nsize 4 align 4\n";
  for (const [what, text] of [
    ["nothing", ""],
    ["no field", "isthmus struct 1\nsize 0 align 1\n"],
    ["another version", Nested.canonical.replace("struct 1", "struct 2")],
    ["no line feed at the end", Nested.canonical.slice(0, -1)],
    ["a line more", `${Nested.canonical}8 1 more u8\n`],
    ["a line twice", `${line}0 4 id u32\n0 4 id u32\n`],
    ["another offset", `${line}1 4 id u32\n`],
    ["another size", `${line}0 8 id u32\n`],
    ["another size of all", "isthmus struct 1\nsize 8 align 4\n0 4 id u32\n"],
    ["a leading zero", `${line}00 4 id u32\n`],
    ["a type that there is not", `${line}0 4 id toString\n`],
    ["a type of nothing", `${line}0 4 id array(,4)\n`],
    ["a reserved name", `${line}0 4 __proto__ u32\n`],
    ["a name that would be code", `${line}0 4 id"];alert(1)// u32\n`],
    ["words that are none", 'isthmus struct 1\nsize 1 align 1\n0 1 id oneOf("a",1,"b")\n'],
    ["words that are no JSON", 'isthmus struct 1\nsize 1 align 1\n0 1 id oneOf("a" "b")\n'],
    ["a word twice", 'isthmus struct 1\nsize 1 align 1\n0 1 id oneOf("a","a")\n'],
    ["words spelt otherwise", 'isthmus struct 1\nsize 1 align 1\n0 1 id oneOf("\\u0061")\n'],
    ["a struct without fields", "isthmus struct 1\nsize 1 align 1\n0 1 id struct\n"],
    [
      "arrays deeper than allowed",
      `${line}0 4 id ${"array(".repeat(60_000)}u32${",1)".repeat(60_000)}\n`,
    ],
    ["a record larger than allowed", `${line}0 4 id array(u32,9999999999)\n`],
    ["more fields than allowed", line + "0 4 id u32\n".repeat(100_000)],
  ] as const) {
    test(`refuses ${what}`, () => {
      expect(() => parseCanonical(text)).toThrow(CorruptSegmentError);
    });
  }

  test("refuses structs nested deeper than allowed", () => {
    let path = "a";
    let text = "isthmus struct 1\nsize 1 align 1\n";
    for (let depth = 0; depth < 3000; depth++) {
      text += `0 1 ${path} struct\n`;
      path += ".a";
    }
    expect(() => parseCanonical(`${text}0 1 ${path} u8\n`)).toThrow(CorruptSegmentError);
  });
});

describe("decodePlain()", () => {
  test("refuses what no value can be, and names the field", () => {
    const Some = struct({ words: array(oneOf("x", "y"), 2), inner: struct({ at: u53 }) });
    const view = new DataView(new ArrayBuffer(Some.size));
    expect(decodePlain(Some.layout, view, 0)).toEqual({ words: ["x", "x"], inner: { at: 0 } });
    view.setUint8(1, 2);
    expect(() => decodePlain(Some.layout, view, 0)).toThrow('"words[1]"');
    view.setUint8(1, 0);
    view.setUint32(12, 0x20_0000, true);
    expect(() => decodePlain(Some.layout, view, 0)).toThrow('"inner.at"');
    expect(() => decodePlain(Some.layout, view, 1)).toThrow(RangeError);
  });
});
