import { describe, expect, test } from "bun:test";
import {
  ago,
  byteRate,
  count,
  countOf,
  duration,
  markText,
  orNothing,
  perSecond,
  rate,
  roughly,
  share,
  size,
  text,
} from "../../src/page/format.ts";

describe("quantities", () => {
  test.each([
    [rate(0), "0"],
    [rate(950), "950"],
    [rate(999.6), "1.00 k"],
    [rate(12_400), "12.4 k"],
    [rate(1.2e6), "1.20 M"],
    [rate(0.25), "0.25"],
    [perSecond(rate(194)), "194/s"],
    [perSecond(rate(10_000)), "10.0 k/s"],
    [byteRate(1_200_000), "1.14 MiB/s"],
    [size(512), "512 B"],
    [size(1024 * 1536), "1.50 MiB"],
    [duration(0), "0 ns"],
    [duration(0.85), "0.85 ns"],
    [duration(850), "850 ns"],
    [duration(999.9), "1.00 µs"],
    [duration(3_200_000), "3.20 ms"],
    [duration(90e9), "90.0 s"],
    [share(0), "0 %"],
    [share(0.004), "< 1 %"],
    [share(0.125), "13 %"],
  ])("%j reads %s", (quantity, expected) => {
    expect(text(quantity)).toBe(expected);
  });

  test("at the mark of an axis have no digits that say nothing", () => {
    expect([rate(5000), rate(10_000), duration(1500), rate(100)].map(markText)).toEqual([
      "5 k",
      "10 k",
      "1.5 µs",
      "100",
    ]);
  });

  test("that are not there are a dash", () => {
    expect([orNothing(null, rate), orNothing(undefined, rate), orNothing(1, rate)]).toEqual([
      "–",
      "–",
      "1",
    ]);
  });
});

describe("numbers in words", () => {
  test.each([
    [1_234_567, "1.23 million"],
    [20_049, "20,000"],
    [987.6, "988"],
    [2, "2"],
    [0.5, "0.50"],
  ])("%d is roughly %s", (value, expected) => {
    expect(roughly(value)).toBe(expected);
  });

  test("count what they count", () => {
    expect([count(1234), countOf(1, "record"), countOf(2, "process", "processes")]).toEqual([
      "1,234",
      "1 record",
      "2 processes",
    ]);
  });

  test.each([
    [-5, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [7_200_000, "2 h"],
    [200_000_000, "2 d"],
  ])("%d ms are %s", (milliseconds, expected) => {
    expect(ago(milliseconds)).toBe(expected);
  });
});
