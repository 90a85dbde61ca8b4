import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { writeResults } from "../src/report/write-results.ts";
import { BadResultsError, latestResults, readResults } from "../src/results/index.ts";
import { resultsOf } from "./support/results.ts";

describe("results on disk", () => {
  test("are read as they were written, beside their report", () => {
    using directory = new TemporaryDirectory();
    const results = resultsOf();
    const files = writeResults(join(directory.path, "new", "folder"), results);
    const folder = join(directory.path, "new", "folder");
    expect(readdirSync(folder).sort()).toEqual(files.toSorted());
    expect(readResults(join(folder, "results.json"))).toEqual(results);
  });

  test.each([
    ["no JSON", "{", "it is not JSON"],
    ["something else", "[]", 'kind must be "isthmus-bench"'],
    ["another version", '{"kind":"isthmus-bench","schema_version":99}', "must be 1: received 99"],
    ["half a run", '{"kind":"isthmus-bench","schema_version":1}', "cases must be an array"],
  ])("refuse %s", (_name, text, message) => {
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "results.json");
    writeFileSync(path, text);
    expect(() => readResults(path)).toThrow(BadResultsError);
    expect(() => readResults(path)).toThrow(message);
  });
});

describe("latestResults()", () => {
  test("finds nothing where there is nothing", () => {
    using directory = new TemporaryDirectory();
    expect(latestResults(directory.path)).toBeUndefined();
    expect(latestResults(join(directory.path, "absent"))).toBeUndefined();
  });

  test("finds the newest that can be read, here or one folder down", () => {
    using directory = new TemporaryDirectory();
    const at = (folder: string, seconds: number, started: string): void => {
      writeResults(join(directory.path, folder), resultsOf({ started_at: started }));
      utimesSync(join(directory.path, folder, "results.json"), seconds, seconds);
    };
    at(".", 1000, "oldest");
    at("b", 3000, "newest");
    at("c", 2000, "older");
    expect(latestResults(directory.path)?.started_at).toBe("newest");
    mkdirSync(join(directory.path, "broken"));
    writeFileSync(join(directory.path, "broken", "results.json"), "{");
    expect(latestResults(directory.path)?.started_at).toBe("newest");
  });
});
