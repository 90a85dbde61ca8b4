import { expectTypeOf, test } from "bun:test";
import {
  type ArrayCursor,
  array,
  bool,
  bytes,
  type Cursor,
  type Fields,
  f32,
  f64,
  type Infer,
  type InputOf,
  i64,
  type moveCursor,
  oneOf,
  type StructSchema,
  struct,
  u32,
  u53,
  u64,
  utf8,
} from "../../src/struct/index.ts";

const Telemetry = struct({
  count: u32,
  mean: f64,
  single: f32,
  total: u53,
  id: u64,
  delta: i64,
  ok: bool,
  state: oneOf("idle", "busy"),
  label: utf8(32),
  raw: bytes(8),
  samples: array(f64, 16),
  nested: struct({ label: utf8(4), deeper: struct({ x: u32 }) }),
  items: array(struct({ id: u64, tags: array(utf8(4), 2) }), 3),
});

interface Plain {
  count: number;
  mean: number;
  single: number;
  total: number;
  id: bigint;
  delta: bigint;
  ok: boolean;
  state: "idle" | "busy";
  label: string;
  raw: Uint8Array;
  samples: number[];
  nested: { label: string; deeper: { x: number } };
  items: { id: bigint; tags: string[] }[];
}

// These tests are checked by the compiler; at run time they only have to load.
test("Infer gives the plain, mutable object", () => {
  expectTypeOf<Infer<typeof Telemetry>>().toEqualTypeOf<Plain>();
  expectTypeOf<ReturnType<typeof Telemetry.decode>>().toEqualTypeOf<Plain>();
  expectTypeOf<Infer<typeof u64>>().toEqualTypeOf<bigint>();
  const state = oneOf("a", "b");
  expectTypeOf<Infer<typeof state>>().toEqualTypeOf<"a" | "b">();
});

test("InputOf accepts what is read, and typed arrays and cursors too", () => {
  expectTypeOf<Plain>().toExtend<InputOf<typeof Telemetry>>();
  expectTypeOf<Readonly<Plain>>().toExtend<InputOf<typeof Telemetry>>();
  expectTypeOf<Cursor<typeof Telemetry>>().toExtend<InputOf<typeof Telemetry>>();
  expectTypeOf<Float64Array>().toExtend<InputOf<typeof Telemetry>["samples"]>();
  expectTypeOf<readonly number[]>().toExtend<InputOf<typeof Telemetry>["samples"]>();
  expectTypeOf<string[]>().not.toExtend<InputOf<typeof Telemetry>["samples"]>();
  expectTypeOf<{ count: number }>().not.toExtend<InputOf<typeof Telemetry>>();
  const Small = struct({ x: u32 });
  // @ts-expect-error a BigInt is no u32
  const _wrong: InputOf<typeof Small> = { x: 1n };
  // @ts-expect-error there is no such field
  const _extra: InputOf<typeof Small> = { x: 1, y: 2 };
});

test("Cursor has the values of single fields, and cursors into the others", () => {
  type Live = Cursor<typeof Telemetry>;
  expectTypeOf<Live["count"]>().toEqualTypeOf<number>();
  expectTypeOf<Live["state"]>().toEqualTypeOf<"idle" | "busy">();
  expectTypeOf<Live["samples"]>().toEqualTypeOf<ArrayCursor<number, number, number>>();
  expectTypeOf<Live["nested"]["deeper"]>().toEqualTypeOf<{ x: number }>();
  type Item = ReturnType<Live["items"]["get"]>;
  expectTypeOf<Item["id"]>().toEqualTypeOf<bigint>();
  expectTypeOf<ReturnType<Item["tags"]["toArray"]>>().toEqualTypeOf<string[]>();
  expectTypeOf<Parameters<typeof moveCursor>>().toEqualTypeOf<[object, number]>();
});

test("schemas of any fields pass through generic functions", () => {
  expectTypeOf<typeof Telemetry>().toExtend<StructSchema>();
  function read<F extends Fields>(schema: StructSchema<F>, view: DataView): Infer<StructSchema<F>> {
    return schema.decode(view, 0);
  }
  expectTypeOf(
    read(Telemetry, new DataView(new ArrayBuffer(Telemetry.size))),
  ).toEqualTypeOf<Plain>();
});

test("types that differ are not exchangeable", () => {
  expectTypeOf<typeof u32>().not.toExtend<typeof u64>();
  expectTypeOf<typeof bool>().not.toExtend<typeof u32>();
  // @ts-expect-error utf8 without its capacity is no type
  void (() => struct({ label: utf8 }));
  // @ts-expect-error at least one word
  void (() => oneOf());
});
