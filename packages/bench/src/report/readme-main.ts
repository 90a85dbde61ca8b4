/**
 * Writes the sections about speed of the README and of `docs/how-fast.md`: `bun run bench:readme [RESULTS.json]`.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RESULTS_DIRECTORY, RESULTS_FILE } from "../results/latest-results.ts";
import { readResults } from "../results/read-results.ts";
import { withBenchmarkSection } from "./readme-section.ts";

const ROOT: string = join(import.meta.dirname, "..", "..", "..", "..");
const DOCUMENTS = { "README.md": "table", "docs/how-fast.md": "whole" } as const;
const [path = join(RESULTS_DIRECTORY, RESULTS_FILE)] = process.argv.slice(2);

const results = readResults(path);
const documents: string[] = [];
for (const [name, detail] of Object.entries(DOCUMENTS)) {
  const document = join(ROOT, name);
  documents.push(document);
  const text = readFileSync(document, "utf8");
  writeFileSync(document, withBenchmarkSection(text, results, detail));
}
// Tables are laid out as the repository has them.
const { exitCode } = Bun.spawnSync(
  [process.execPath, "x", "biome", "check", "--write", ...documents],
  {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  },
);
process.exitCode = exitCode;
