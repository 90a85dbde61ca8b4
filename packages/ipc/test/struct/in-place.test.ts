/** Structs in the memory of a view. */
import { describe, expect, test } from "bun:test";
import { MemoryMappedFile, NotSupportedError } from "@isthmus/core";
import { expectCode } from "@isthmus/testing/expect-code";
import { i16, struct, u8, u32, utf8 } from "../../src/index.ts";

describe("structs in place", () => {
  const Point = struct({ x: i16, y: u32, label: utf8(8), flag: u8 });

  test("read and write one at any byte", () => {
    using memory = MemoryMappedFile.createNew(null, 100);
    using view = memory.createViewAccessor();
    const point = { x: -3, y: 7, label: "here", flag: 1 };
    view.write(Point, 13, point);
    expect(view.read(Point, 13)).toEqual(point);
    const last = 100 - Point.size;
    view.write(Point, last, point);
    expect(view.read(Point, last)).toEqual(point);
    expectCode(() => view.read(Point, last + 1), "RangeError", "ERR_OUT_OF_RANGE");
    const refused = { ...point, x: 2 ** 15 };
    const before = view.bytes().slice();
    expectCode(() => view.write(Point, 13, refused), "RangeError", "ERR_OUT_OF_RANGE");
    expect(view.bytes()).toEqual(before);
    expectCode(() => view.read({} as typeof Point, 0), "TypeError", "ERR_INVALID_ARG_TYPE");
    using reading = memory.createViewAccessor({ access: "read" });
    expectCode(() => reading.write(Point, 0, point), "NotSupportedError", "ERR_NOT_SUPPORTED");
    using big = memory.createViewAccessor({ endian: "big" });
    expectCode(() => big.read(Point, 0), "NotSupportedError", "ERR_NOT_SUPPORTED");
  });

  test("an array of them is the memory itself", () => {
    using memory = MemoryMappedFile.createNew(null, 5 + Point.size * 10);
    using view = memory.createViewAccessor();
    const points = view.array(Point, 5, 10);
    for (const [i, point] of [...points].entries()) {
      point.x = i;
      point.label = `p${i}`;
    }
    expect(points.length).toBe(10);
    expect([points[3]?.label, points.at(-1).x, points[10], points.read(2).x]).toEqual([
      "p3",
      9,
      undefined,
      2,
    ]);
    points.write(4, { x: 44, y: 4, label: "four", flag: 0 });
    expect(view.read(Point, 5 + 4 * Point.size).label).toBe("four");
    expectCode(() => points.at(10), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => view.array(Point, 6, 10), "RangeError", "ERR_OUT_OF_RANGE");
    expect(view.array(Point, view.capacity, 0).length).toBe(0);
    using reading = memory.createViewAccessor({ access: "read" });
    const fixed = reading.array(Point, 5, 10);
    expect(() => {
      fixed.at(0).x = 1;
    }).toThrow(NotSupportedError);
    const write = (): void => fixed.write(0, { x: 1, y: 1, label: "", flag: 0 });
    expectCode(write, "NotSupportedError", "ERR_NOT_SUPPORTED");
    view.dispose();
    for (const use of [
      () => points.at(0),
      () => points[0],
      () => [...points],
      () => points.read(0),
    ]) {
      expectCode(use, "DisposedError", "ERR_DISPOSED");
    }
    expectCode(() => view.read(Point, 0), "DisposedError", "ERR_DISPOSED");
  });
});
