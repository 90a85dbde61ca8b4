import { describe, expect, test } from "bun:test";
import { parseExposition } from "../support/exposition-parser.ts";

const GOOD = [
  "# HELP a_records_total Records, by \\\\ and \\n.",
  "# TYPE a_records_total counter",
  'a_records_total{segment="a\\"b\\\\c\\nd",direction="in"} 3',
  'a_records_total{segment="x",direction="in"} 1e3',
  "# HELP a_wait_seconds Waits.",
  "# TYPE a_wait_seconds histogram",
  'a_wait_seconds_bucket{le="0.5"} 1',
  'a_wait_seconds_bucket{le="+Inf"} 2',
  "a_wait_seconds_sum 1.5",
  "a_wait_seconds_count 2",
  "",
].join("\n");

describe("parseExposition()", () => {
  test("reads names, labels and values as they were before they were escaped", () => {
    const families = parseExposition(GOOD);
    expect(Array.from(families.keys())).toEqual(["a_records_total", "a_wait_seconds"]);
    const records = families.get("a_records_total");
    expect(records?.help).toBe("Records, by \\ and \n.");
    expect(records?.samples[0]?.labels.get("segment")).toBe('a"b\\c\nd');
    expect(records?.samples.map(({ value }) => value)).toEqual([3, 1000]);
  });

  test.each([
    ["no newline at the end", (text: string) => text.trimEnd()],
    ["a counter without _total", (text: string) => text.replaceAll("a_records_total", "a_records")],
    ["a family without help", (text: string) => text.replace(/^# HELP.*\n/, "")],
    ["a family twice", (text: string) => text + text],
    ["a sample twice", (text: string) => text.replace('segment="x"', 'segment="a\\"b\\\\c\\nd"')],
    ["a quote that is not escaped", (text: string) => text.replace('a\\"b', 'a"b')],
    ["a label twice", (text: string) => text.replace('direction="in"', 'segment="in"')],
    ["a value that is none", (text: string) => text.replace(" 1e3", " 1.e.3")],
    ["a counter below 0", (text: string) => text.replace(" 1e3", " -1")],
    ["a unit that is no base unit", (text: string) => text.replaceAll("_seconds", "_ms")],
    ["buckets that do not ascend", (text: string) => text.replace('"0.5"} 1', '"0.5"} 3')],
    ["no bucket of all", (text: string) => text.replace("+Inf", "9")],
    ["another count", (text: string) => text.replace("_count 2", "_count 3")],
    ["no sum", (text: string) => text.replace("a_wait_seconds_sum 1.5\n", "")],
    ["a sample in another family", (text: string) => text.replace("a_wait_seconds_sum", "b_sum")],
  ])("refuses %s", (_, spoil) => {
    const spoilt = spoil(GOOD);
    expect(spoilt).not.toBe(GOOD);
    expect(() => parseExposition(spoilt)).toThrow();
  });
});
