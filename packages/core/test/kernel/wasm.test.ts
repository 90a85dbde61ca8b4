import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  assemble,
  type Code,
  doWhile,
  get,
  i32,
  i64,
  ifElse,
  select,
  set,
  TYPE,
  v128,
  type WasmFunction,
  whileLoop,
} from "../../src/scan/kernel/wasm.ts";

/** Runs a body that leaves an integer on the stack; parameter 0 is `input`, local 1 an integer. */
function run(body: Code, input = 0, fill?: (memory: Uint8Array) => void): number {
  const f: WasmFunction = {
    name: "run",
    parameters: [TYPE.i32],
    results: [TYPE.i32],
    locals: [TYPE.i32, TYPE.v128],
    body: () => body,
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(1, [f])));
  const { run: call, memory } = exports as unknown as {
    run: (input: number) => number;
    memory: WebAssembly.Memory;
  };
  fill?.(new Uint8Array(memory.buffer));
  return call(input);
}

describe("assemble()", () => {
  test("writes the bytes that the format asks for", () => {
    const code = assemble(1 << 16, [
      { name: "f", parameters: [TYPE.i32], results: [TYPE.i32], locals: [], body: () => get(0) },
    ]);
    // (module (type (func (param i32) (result i32))) (memory (export "memory") 1 1) (func (export "f") (local.get 0)))
    expect(Buffer.from(code).toString("hex")).toBe(
      [
        "0061736d01000000",
        "010601" + "60017f017f",
        "03020100",
        "050401010101",
        "070e02" + "01660000" + "066d656d6f72790200",
        "0a0601040020000b",
      ].join(""),
    );
  });

  test("gives as much memory as was asked for, which cannot grow", () => {
    for (const [bytes, pages] of [
      [1, 1],
      [1 << 16, 1],
      [(1 << 16) + 1, 2],
      [200 << 16, 200],
    ] as const) {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(bytes, [])));
      const memory = exports["memory"] as WebAssembly.Memory;
      expect(memory.buffer.byteLength).toBe(pages << 16);
      expect(() => memory.grow(1)).toThrow();
    }
  });

  test("exports many functions with long bodies under their names", () => {
    const functions = Array.from({ length: 200 }, (_, index): WasmFunction => {
      const body = () => {
        let code = i32.of(index);
        for (let i = 0; i < 100; i++) code = i32.add(code, i32.of(i));
        return code;
      };
      return { name: `f${index}`, parameters: [], results: [TYPE.i32], locals: [], body };
    });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(1, functions)));
    for (const [index, { name }] of functions.entries()) {
      expect((exports[name] as () => number)()).toBe(index + 4950);
    }
  });
});

describe("instructions", () => {
  test("every 32-bit constant arrives", () => {
    const edges = [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)];
    for (const value of edges) expect(run(i32.of(value))).toBe(value);
    // Each is a module of its own.
    const arrives = fc.property(fc.integer(), (value) => run(i32.of(value)) === value);
    fc.assert(arrives, { numRuns: 30 });
  });

  test("addition wraps, comparison is unsigned", () => {
    expect(run(i32.add(i32.of(2 ** 31 - 1), i32.of(1)))).toBe(-(2 ** 31));
    expect(run(i32.lessThan(i32.of(1), i32.of(-1)))).toBe(1);
    expect(run(i32.lessThan(i32.of(-1), i32.of(1)))).toBe(0);
    expect(run(i32.lessThan(i32.of(1), i32.of(1)))).toBe(0);
  });

  test("a choice takes the first value for all but 0", () => {
    const choice = select(i32.of(7), i32.of(9), get(0));
    expect([0, 1, -1, 256].map((condition) => run(choice, condition))).toEqual([9, 7, 7, 7]);
  });

  test("a loop that looks first may not run at all, one that looks last runs once", () => {
    const step = [set(1, i32.add(get(1), i32.of(1)))];
    const condition = i32.lessThan(get(1), get(0));
    const times = [0, 1, 5];
    expect(times.map((n) => run([...whileLoop(condition, step), ...get(1)], n))).toEqual([0, 1, 5]);
    expect(times.map((n) => run([...doWhile(step, condition), ...get(1)], n))).toEqual([1, 1, 5]);
  });

  test("64-bit integers are calculated with as BigInts are", () => {
    const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(word, word, fc.nat(63), (one, two, bits) => {
        const [a, b] = [i64.load(0, i32.of(0)), i64.load(8, i32.of(0))];
        const shift = i64.of(bits);
        const results = [i64.add(a, b), i64.subtract(a, b), i64.and(a, b), i64.or(a, b)];
        results.push(i64.xor(a, b), i64.shl(a, shift), i64.shr(a, shift));
        results.push(i64.countOnes(a), i64.fromI32(i32.fromI64(a)));
        const ones = BigInt(one.toString(2).replaceAll("0", "").length);
        const expected = [
          one + two,
          one - two,
          one & two,
          one | two,
          one ^ two,
          one << BigInt(bits),
        ];
        expected.push(one >> BigInt(bits), ones, one & 0xffff_ffffn);
        const stores = results.flatMap((value, i) => i64.store(16 + 8 * i, i32.of(0), value));
        let found: bigint[] = [];
        const flags = i32.or(i32.shl(i64.greaterThan(a, b), i32.of(1)), i64.isNotZero(a));
        const flag = run([...stores, ...flags], 0, (memory) => {
          const view = new BigUint64Array(memory.buffer, 0, 2 + results.length);
          view.set([one, two]);
          found = view as unknown as bigint[];
        });
        expect([...found].slice(2)).toEqual(expected.map((value) => BigInt.asUintN(64, value)));
        expect(flag).toBe((one > two ? 2 : 0) | (one === 0n ? 0 : 1));
      }),
    );
    const zeros = (value: number): number => run(i32.fromI64(i64.trailingZeros(i64.of(value))));
    expect([1, 8, -(2 ** 31), 0].map(zeros)).toEqual([0, 3, 31, 64]);
    const above = (value: number): number => run(i32.fromI64(i64.leadingZeros(i64.of(value))));
    expect([1, 8, -1, 0, 2 ** 31 - 1].map(above)).toEqual([63, 60, 0, 64, 33]);
  });

  test("one of two bodies runs", () => {
    const body = (input: number): number =>
      run([...ifElse(get(0), [set(1, i32.of(5))], [set(1, i32.of(6))]), ...get(1)], input);
    expect([1, 0, -1].map(body)).toEqual([5, 6, 5]);
  });

  test("bytes are compared with their signs, and what is left are bits", () => {
    const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(sixteen, sixteen, sixteen, (left, right, mask) => {
        const [one, two, three] = [0, 16, 32].map((at) => v128.load(at, get(0)));
        const less = v128.lessSignedBytes(one ?? [], two ?? []);
        const bits = v128.andNot(less, three ?? []);
        const isLess = (i: number): boolean =>
          (left[i] as number) << 24 < (right[i] as number) << 24;
        const fill = (memory: Uint8Array): void => memory.set([...left, ...right, ...mask]);
        const flags = [...left.keys()].map((i) => (isLess(i) ? 1 << i : 0));
        const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
        expect(run(v128.bitsOfBytes(less), 0, fill)).toBe(sum(flags));
        const kept = flags.map((flag, i) => ((mask[i] as number) & 0x80 ? 0 : flag));
        expect(run(v128.bitsOfBytes(bits), 0, fill)).toBe(sum(kept));
        const isAny = [...left.keys()].some((i) => isLess(i) && mask[i] !== 0xff);
        expect(run(v128.anyTrue(bits), 0, fill)).toBe(isAny ? 1 : 0);
      }),
    );
  });

  test("bytes are compared, subtracted and added up as a plain loop does it", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.nat(255),
        fc.nat(3),
        (bytes, wanted, lane) => {
          const [one, two] = [v128.load(0, get(0)), v128.load(16, get(0))];
          const equal = v128.equalBytes(one, v128.splatByte(i32.of(wanted)));
          const counted = v128.subtractBytes(two, equal);
          const shorts = v128.addShorts(v128.pairsOfBytes(counted), v128.pairsOfBytes(two));
          const ints = v128.addInts(v128.pairsOfShorts(shorts), v128.zero());
          let expected = 0;
          for (let i = 4 * lane; i < 4 * lane + 4; i++) {
            const hit = bytes[i] === wanted ? 1 : 0;
            expected += (((bytes[16 + i] as number) + hit) & 0xff) + (bytes[16 + i] as number);
          }
          expect(run(v128.int(lane, ints), 8, (memory) => memory.set(bytes, 8))).toBe(expected);
        },
      ),
    );
  });
});
