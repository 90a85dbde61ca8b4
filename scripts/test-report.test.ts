/** What is read from the output of `bun test`, and what the summary says. */
import { expect, test } from "bun:test";
import { type FileReport, hasPassed, lineOf, readReport, summaryOf } from "./test-report.ts";

const OUTPUT = `bun test v1.4.5 (a7733435c)

a.test.ts:
(pass) one > works [1.00ms]
(skip) two [skipped: needs signals]
(skip) two [skipped: needs signals]
(skip) three [skipped: needs Linux]
41 |   expect(four()).toBe(4);
error: expect(received).toBe(expected)
(fail) four [2400.00ms]
(pass) five [61000.00ms]
(pass) six

3 tests skipped:
(skip) two [skipped: needs signals]
(skip) two [skipped: needs signals]
(skip) three [skipped: needs Linux]

1 test failed:
(fail) four [2400.00ms]

 1 pass
 3 skip
 1 fail
 1 error
 2 filtered out
 7 expect() calls
Ran 5 tests across 1 file. [3.00s]
`;

test("a report counts tests and errors, and knows each skipped test once", () => {
  const report = readReport("a.test.ts", OUTPUT, { code: 1, seconds: 3 });
  expect(report).toEqual({
    file: "a.test.ts",
    passed: 1,
    failed: 2,
    failures: [
      "41 |   expect(four()).toBe(4);\nerror: expect(received).toBe(expected)\n(fail) four [2400.00ms]",
    ],
    skipped: [
      "two [skipped: needs signals]",
      "two [skipped: needs signals]",
      "three [skipped: needs Linux]",
    ],
    times: [
      ["one > works", 1],
      ["four", 2400],
      ["five", 61_000],
    ],
    trouble: undefined,
    seconds: 3,
  });
  expect(lineOf(report)).toBe("FAIL a.test.ts: 1 pass, 3 skip, 2 fail [3.0 s]");
});

test("a run without an end, or with another one than its tests, has not passed", () => {
  const good = "\r\n 2 pass\r\n 0 fail\r\n";
  const of = (output: string, code: number | string): FileReport =>
    readReport("b.test.ts", output, { code, seconds: 1 });
  expect(hasPassed(of(good, 0))).toBe(true);
  expect(of(good, 3).trouble).toBe("exit code 3 although no test failed");
  expect(of("(pass) one\n", 0).trouble).toBe("ended before its tests did, exit code 0");
  expect(lineOf(of(good, "SIGKILL"))).toBe("FAIL b.test.ts: 2 pass, ended by SIGKILL [1.0 s]");
});

test("the summary gives reasons with their counts, what failed, and sums", () => {
  const bad = readReport("a.test.ts", OUTPUT, { code: 1, seconds: 3 });
  const good = readReport(
    "b.test.ts",
    "(skip) nameless\n(skip) all [skipped: needs Linux] > one\n 2 pass\n 2 skip\n 0 fail\n",
    {
      code: 0,
      seconds: 1,
    },
  );
  const leftOut = new Map([["models", ["c.test.ts", "d.test.ts"]]]);
  expect(summaryOf([bad, good], leftOut, 64)).toBe(`Skipped:
    2  needs signals
    2  needs Linux
    1  no reason given: nameless
Files left out:
    2  models
Longest:
   61.0 s  five
    2.4 s  four
Failed:
  FAIL a.test.ts: 1 pass, 3 skip, 2 fail [3.0 s]
    41 |   expect(four()).toBe(4);
    error: expect(received).toBe(expected)
    (fail) four [2400.00ms]
3 pass, 5 skip, 2 fail; 1 of 2 runs passed, in 1 min 4 s
`);
});
