import { expect, test } from "bun:test";
import fc from "fast-check";
import { newByteFinder } from "../../src/scan/kernel/byte-finder.ts";

test.each([
  ["one byte", [0x0a]],
  ["three", [0x0a, 0x2c, 0xff]],
  ["zero", [0]],
] as const)("ByteFinder.find() finds every place of %s in a block", (_, wanted) => {
  const finder = newByteFinder(wanted);
  if (finder === undefined) throw new Error("this runtime has no SIMD: nothing to compare");
  const bytes = fc.array(fc.constantFrom(0, 0x0a, 0x0b, 0x2c, 0x8a, 0xff), { maxLength: 300 });
  const isWanted = (value: number): boolean => (wanted as readonly number[]).includes(value);
  fc.assert(
    fc.property(bytes, fc.nat(5), (values, start) => {
      const block = Uint8Array.from(values);
      const expected = values.slice(start).flatMap((value, at) => (isWanted(value) ? [at] : []));
      expect([...finder.places.subarray(0, finder.find(block, start))]).toEqual(expected);
    }),
  );
});
