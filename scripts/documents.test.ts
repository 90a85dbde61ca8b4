/** What the documents name must be there: tests, folders, and the pages that they lead to. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Glob } from "bun";

const ROOT = join(import.meta.dir, "..");
const FOLDERS = ["*.md", "docs/**/*.md", "packages/**/*.md", "apps/**/*.md", "examples/**/*.md"];
const PAGES = FOLDERS.flatMap((folder) => [...new Glob(folder).scanSync(ROOT)])
  .filter((page) => !page.includes("node_modules"))
  .sort();

/** Paths in backticks that begin with a folder of the project. */
const PATH = /`((?:packages|apps|examples|scripts|docs)\/[\w./-]+)`/g;
/** Links that stay in the project; without what is behind `#`. */
const LINK = /\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g;

function missing(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const paths = [...text.matchAll(PATH)].map(([, path = ""]) => resolve(ROOT, path));
  const links = [...text.matchAll(LINK)].map(([, link = ""]) => resolve(ROOT, dirname(page), link));
  return [...paths, ...links].filter((path) => !existsSync(path));
}

describe("what is named or linked to is there", () => {
  test("and pages are found", () => {
    expect(PAGES).toContain("README.md");
    expect(PAGES).toContain("docs/reliability.md");
  });

  test.each(PAGES)("%s", (page) => {
    expect(missing(page)).toEqual([]);
  });
});
