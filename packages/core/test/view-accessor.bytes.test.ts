import { expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { MemoryMappedFile } from "../src/index.ts";
import { platform } from "../src/native/platform.ts";
import { pattern } from "./support/bytes.ts";

const CAPACITY = 10_000;
const OFFSET = 4099;

function makeView() {
  using file = MemoryMappedFile.createNew(null, OFFSET + CAPACITY);
  const view = file.createViewAccessor({ offset: OFFSET });
  view.writeArray(0, pattern(CAPACITY));
  return view;
}

test("ViewAccessor.bytes() shows the view, a part of it, or nothing", () => {
  using view = makeView();
  const content = pattern(CAPACITY);
  expect(view.bytes()).toEqual(content);
  expect(view.bytes(0)).toEqual(content);
  expect(view.bytes(4095)).toEqual(content.slice(4095));
  expect(view.bytes(5, 10)).toEqual(content.slice(5, 15));
  expect(view.bytes(CAPACITY - 1)).toEqual(content.slice(-1));
  expect([view.bytes(CAPACITY).length, view.bytes(3, 0).length]).toEqual([0, 0]);
});

test("ViewAccessor.bytes() is the memory itself, not a copy", () => {
  using view = makeView();
  const bytes = view.bytes(1, 8);
  bytes.set([1, 2, 3, 4]);
  expect(view.readUint32(1)).toBe(0x04030201);
  view.writeUint8(2, 0xcc);
  expect(bytes[1]).toBe(0xcc);
  expect(view.bytes(2)[0]).toBe(0xcc);
});

test("ViewAccessor.bytes() is good for Atomics where it is aligned", () => {
  using file = MemoryMappedFile.createNew(null, 64);
  using view = file.createViewAccessor();
  using other = file.createViewAccessor();
  const { buffer, byteOffset } = view.bytes(8, 8);
  const words = new Int32Array(buffer, byteOffset, 2);
  expect(Atomics.add(words, 1, 5)).toBe(0);
  expect(Atomics.compareExchange(words, 1, 5, 9)).toBe(5);
  expect(other.readInt32(12)).toBe(9);
});

test("ViewAccessor.bytes() refuses ranges outside the view", () => {
  using view = makeView();
  const refused = [
    [-1],
    [CAPACITY + 1],
    [Number.NaN],
    [0.5],
    [2 ** 53],
    [0, -1],
    [0, CAPACITY + 1],
    [CAPACITY, 1],
    [5, CAPACITY - 4],
    [0, Number.NaN],
    [0, 1.5],
  ] as const;
  for (const [offset, length] of refused) {
    expectCode(() => view.bytes(offset, length), RangeError, "ERR_OUT_OF_RANGE");
  }
  for (const wrong of ["1", 1n, null, true] as unknown as number[]) {
    expectCode(() => view.bytes(wrong), TypeError, "ERR_INVALID_ARG_TYPE");
    expectCode(() => view.bytes(0, wrong), TypeError, "ERR_INVALID_ARG_TYPE");
  }
});

test("ViewAccessor.bytes() that was transferred away stays readable after the view is disposed", () => {
  const view = makeView();
  const moved = view.bytes().buffer.transfer();
  view.dispose();
  expect(new Uint8Array(moved, OFFSET % platform().granuleBytes)).toEqual(pattern(CAPACITY));
});
