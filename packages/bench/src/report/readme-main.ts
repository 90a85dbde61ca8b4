/**
 * Writes the README's section about speed: `bun run bench:readme [RESULTS.json]`.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RESULTS_DIRECTORY, RESULTS_FILE } from "../results/latest-results.ts";
import { readResults } from "../results/read-results.ts";
import { withBenchmarkSection } from "./readme-section.ts";

const README: string = join(import.meta.dir, "..", "..", "..", "..", "README.md");
const [path = join(RESULTS_DIRECTORY, RESULTS_FILE)] = process.argv.slice(2);

writeFileSync(README, withBenchmarkSection(readFileSync(README, "utf8"), readResults(path)));
