import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testIf } from "@isthmus/testing/requirement";
import fc from "fast-check";
import {
  array,
  bool,
  bytes,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  oneOf,
  type StructLayout,
  type StructSchema,
  struct,
  type TypeLayout,
  u8,
  u16,
  u32,
  u53,
  u64,
  utf8,
} from "../../src/struct/index.ts";
import { structCase } from "./arbitrary.ts";

const Telemetry = struct({
  count: u32,
  mean: f64,
  total: u53,
  label: utf8(32),
  samples: array(f64, 16),
  nested: struct({ flag: bool, value: f32 }),
});

const Everything = struct({
  a: u8,
  b: i16,
  c: u8,
  d: i32,
  e: u8,
  f: i64,
  g: u16,
  h: u64,
  i: i8,
  text: utf8(5),
  raw: bytes(3),
  word: oneOf("one", 'two "quoted"', "três"),
  wide: oneOf(...(Array.from({ length: 300 }, (_, index) => `w${index}`) as [string, ...string[]])),
  items: array(struct({ x: u8, list: array(array(u16, 3), 2), y: f64 }), 2),
  labels: array(utf8(6), 3),
  end: u8,
});

describe("the layout", () => {
  test("of the schema in the documentation is these bytes", () => {
    expect(Telemetry.canonical).toBe(
      [
        "isthmus struct 1",
        "size 200 align 8",
        "0 4 count u32",
        "8 8 mean f64",
        "16 8 total u53",
        "24 36 label utf8(32)",
        "64 128 samples array(f64,16)",
        "192 8 nested struct",
        "192 1 nested.flag bool",
        "196 4 nested.value f32",
        "",
      ].join("\n"),
    );
    expect([Telemetry.size, Telemetry.alignment]).toEqual([200, 8]);
  });

  test("describes arrays by their element, strings in quotes", () => {
    const Small = struct({
      pair: array(struct({ id: u16, deep: array(array(struct({ z: u8 }), 2), 3) }), 4),
      word: oneOf("a", 'say "b"\n', "ü"),
    });
    expect(Small.canonical).toBe(
      [
        "isthmus struct 1",
        "size 34 align 2",
        "0 32 pair array(struct,4)",
        "0 2 pair[].id u16",
        "2 6 pair[].deep array(array(struct,2),3)",
        "2 1 pair[].deep[][].z u8",
        '32 1 word oneOf("a","say \\"b\\"\\n","ü")',
        "",
      ].join("\n"),
    );
  });

  test("is a frozen value that can be walked", () => {
    expect(Telemetry.layout.fields[4]).toEqual({
      name: "samples",
      type: "array(f64,16)",
      offset: 64,
      size: 128,
      layout: {
        kind: "array",
        type: "array(f64,16)",
        size: 128,
        alignment: 8,
        element: { kind: "f64", type: "f64", size: 8, alignment: 8 },
        count: 16,
        stride: 8,
      },
    });
    expect(() => {
      (Telemetry.layout as { size: number }).size = 1;
    }).toThrow(TypeError);
    expect(() => (Telemetry.layout.fields as unknown[]).push(1)).toThrow(TypeError);
    expect(JSON.parse(JSON.stringify(Telemetry.layout))).toEqual(Telemetry.layout);
  });
});

describe("the fingerprint", () => {
  test("is FNV-1a over the canonical text, and stays what it is", () => {
    expect(Telemetry.fingerprint.hex).toBe("ee8e61f7857337fa");
    expect(Everything.fingerprint.hex).toBe("fe54ed76437f7c60");
    expect(struct({ x: u8 }).fingerprint.hex).toBe("6b65736a0dfe7e7c");
    for (const { low, high, hex } of [Telemetry.fingerprint, Everything.fingerprint]) {
      expect(hex).toBe(((BigInt(high) << 32n) | BigInt(low)).toString(16).padStart(16, "0"));
      expect([low >>> 0, high >>> 0]).toEqual([low, high]);
    }
    expect(Object.isFrozen(Telemetry.fingerprint)).toBe(true);
    expect(Telemetry.fingerprint).toBe(Telemetry.fingerprint);
  });

  test("differs for every change that another process could misread", () => {
    const schemas: StructSchema[] = [
      struct({ a: u32, b: u32 }),
      struct({ b: u32, a: u32 }),
      struct({ a: u32, b: i32 }),
      struct({ a: u32, b: f32 }),
      struct({ a: u32, c: u32 }),
      struct({ a: u32 }),
      struct({ a: array(u32, 2) }),
      struct({ a: array(i32, 2) }),
      struct({ a: array(array(u32, 2), 1) }),
      struct({ a: array(array(u32, 1), 2) }),
      struct({ a: struct({ a: u32, b: u32 }) }),
      struct({ a: array(struct({ a: u32, b: u32 }), 1) }),
      struct({ a: utf8(4) }),
      struct({ a: utf8(3) }),
      struct({ a: bytes(4) }),
      struct({ a: oneOf("x", "y") }),
      struct({ a: oneOf("y", "x") }),
      struct({ a: oneOf("x,y") }),
      struct({ a: oneOf('x","y') }),
      struct({ a: u53 }),
      struct({ a: u64 }),
      struct({ a: u8 }),
      struct({ a: bool }),
    ];
    expect(new Set(schemas.map(({ fingerprint }) => fingerprint.hex)).size).toBe(schemas.length);
  });
});

/** The first C compiler there is. */
const compiler = ["gcc", "cc", "clang"]
  .map((name) => Bun.which(name))
  .find((path) => path !== null);

testIf(compiler !== undefined, "a C compiler")(
  "a C compiler gives every field the same place",
  () => {
    const samples = fc.sample(structCase, { numRuns: 60, seed: 1 }).map(({ type }) => type);
    const schemas = [Telemetry, Everything, ...samples] as StructSchema[];
    const directory = mkdtempSync(join(tmpdir(), "isthmus-layout-"));
    try {
      const source = join(directory, "layout.c");
      const program = join(directory, "layout");
      writeFileSync(
        source,
        cProgram(
          schemas.map((schema) => schema.layout),
          schemas,
        ),
      );
      const build = Bun.spawnSync([compiler ?? "", "-std=c11", "-w", "-o", program, source]);
      expect(build.stderr.toString()).toBe("");
      const output = Bun.spawnSync([program]).stdout.toString().trimEnd().split("\n\n");
      for (const [index, schema] of schemas.entries()) {
        const expected = [`${schema.size} ${schema.alignment} ${schema.fingerprint.hex}`];
        for (const [path, offset, size] of placesOf(schema.layout, "", 0)) {
          expected.push(`${path} ${offset} ${size}`);
        }
        expect(output[index]?.split("\n")).toEqual(expected);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);

const C_TYPES: Readonly<Record<string, string>> = {
  u8: "uint8_t",
  u16: "uint16_t",
  u32: "uint32_t",
  i8: "int8_t",
  i16: "int16_t",
  i32: "int32_t",
  u53: "uint64_t",
  u64: "uint64_t",
  i64: "int64_t",
  f32: "float",
  f64: "double",
  bool: "uint8_t",
};

/** A C declaration of a variable of this type. */
function declaration(layout: TypeLayout, name: string): string {
  if (layout.kind === "array") return declaration(layout.element, `${name}[${layout.count}]`);
  if (layout.kind === "struct") {
    const fields = layout.fields.map((field) => declaration(field.layout, `_${field.name}`));
    return `struct { ${fields.join(" ")} } ${name};`;
  }
  if (layout.kind === "utf8" || layout.kind === "bytes") {
    return `struct { uint32_t length; uint8_t data[${layout.capacity}]; } ${name};`;
  }
  if (layout.kind === "oneOf") return `${layout.size === 1 ? "uint8_t" : "uint16_t"} ${name};`;
  return `${C_TYPES[layout.kind]} ${name};`;
}

/**
 * Every field with its C path, offset and size, nested ones and first and last elements included.
 */
function* placesOf(
  layout: TypeLayout,
  path: string,
  offset: number,
): Generator<readonly [string, number, number]> {
  if (path !== "") yield [path, offset, layout.size];
  if (layout.kind === "struct") {
    for (const field of layout.fields) {
      const name = path === "" ? `_${field.name}` : `${path}._${field.name}`;
      yield* placesOf(field.layout, name, offset + field.offset);
    }
  } else if (layout.kind === "array") {
    for (const index of new Set([0, layout.count - 1])) {
      yield* placesOf(layout.element, `${path}[${index}]`, offset + index * layout.stride);
    }
  }
}

/** A program that prints the size, alignment, fingerprint and fields of each struct. */
function cProgram(layouts: readonly StructLayout[], schemas: readonly StructSchema[]): string {
  const lines = [
    "#include <stddef.h>",
    "#include <stdint.h>",
    "#include <stdio.h>",
    "#include <string.h>",
    "static void fingerprint(const unsigned char *text, size_t n) {",
    "  uint64_t h = 0xcbf29ce484222325;",
    "  for (size_t i = 0; i < n; i++) h = (h ^ text[i]) * 0x100000001b3;",
    '  printf("%016llx\\n", (unsigned long long)h);',
    "}",
  ];
  const main = ["int main(void) {"];
  for (const [index, layout] of layouts.entries()) {
    lines.push(`typedef ${declaration(layout, `s${index}`)}`);
    lines.push(`static s${index} v${index};`);
    const text = [...new TextEncoder().encode(schemas[index]?.canonical)];
    main.push(`{ printf("%zu %zu ", sizeof(s${index}), _Alignof(s${index}));`);
    main.push(`static const unsigned char t[] = {${text.join(",")}};`);
    main.push("fingerprint(t, sizeof t);");
    for (const [path] of placesOf(layout, "", 0)) {
      const at = `(size_t)((char *)&v${index}.${path} - (char *)&v${index})`;
      main.push(`printf("${path} %zu %zu\\n", ${at}, sizeof v${index}.${path});`);
    }
    main.push(`puts(""); }`);
  }
  return [...lines, ...main, "return 0; }"].join("\n");
}
