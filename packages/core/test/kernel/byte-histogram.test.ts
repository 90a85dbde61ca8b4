import { expect, test } from "bun:test";
import fc from "fast-check";
import { addPlainly, histogramKernel } from "../../src/scan/kernel/byte-histogram.ts";
import { filled, pattern } from "../support/bytes.ts";

test("histogramKernel() agrees with a plain loop, at every length and alignment", () => {
  const kernel = histogramKernel();
  if (kernel === null) throw new Error("this runtime has no SIMD: nothing to compare");
  const check = (bytes: Uint8Array): void => {
    const [fast, plain] = [new Float64Array(256), new Float64Array(256)];
    kernel(bytes, fast);
    addPlainly(bytes, plain);
    expect(fast).toEqual(plain);
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(3), (bytes, skip) =>
      check(bytes.subarray(skip)),
    ),
  );
  for (const length of [65_535, 65_536, 65_537, 200_003]) {
    check(pattern(length));
    check(filled(length, 0));
    check(filled(length, 0xff));
  }
});

test("histogramKernel() adds to what was counted before", () => {
  const totals = new Float64Array(256).fill(5);
  histogramKernel()?.(Uint8Array.of(1, 1, 2), totals);
  expect([...totals.subarray(0, 4)]).toEqual([5, 7, 6, 5]);
});
