/** The public interface: what it is, and that its documentation says all that it must. */
import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { ProjectReflection } from "typedoc";
import { convert } from "../src/convert.ts";
import { Declarations } from "../src/declarations.ts";
import { reportOf } from "../src/report.ts";
import { reportPath } from "../src/report-path.ts";
import { undocumented } from "../src/undocumented.ts";

let project: ProjectReflection;
let warnings = 0;

beforeAll(async () => {
  using declarations = new Declarations();
  const converted = await convert(declarations);
  ({ project } = converted);
  warnings = converted.app.logger.warningCount + converted.app.logger.errorCount;
});

describe("the public interface", () => {
  test.each(["core", "ipc", "store"])("of @isthmus/%s is what its report says", (name) => {
    const module = project.children?.find((each) => each.name === `@isthmus/${name}`);
    if (module === undefined) throw new Error(`There is no package "${name}"`);
    const committed = readFileSync(reportPath(module), "utf8").split("\n");
    const actual = reportOf(module).split("\n");
    // What is added and what is gone, and not thousands of lines beside it. `bun run docs` takes it over.
    expect({
      added: actual.filter((line) => !committed.includes(line)),
      removed: committed.filter((line) => !actual.includes(line)),
    }).toEqual({ added: [], removed: [] });
    expect(actual).toEqual(committed);
  });

  test("says of every method what it takes, in which unit, and how it fails", () => {
    expect(undocumented(project)).toEqual([]);
  });

  test("has no comment that the generator warns of", () => expect(warnings).toBe(0));
});
