/**
 * Writes the reference: `bun run docs`. Markdown for readers goes to `artefacts/reference`, a report of every package to `docs/api`.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { convert } from "./convert.ts";
import { Declarations, ROOT } from "./declarations.ts";
import { reportOf } from "./report.ts";
import { REPORTS, reportPath } from "./report-path.ts";

const out = join(ROOT, "artefacts", "reference");
using declarations = new Declarations();
const { app, project } = await convert(declarations, out);
mkdirSync(REPORTS, { recursive: true });
for (const module of project.children ?? []) writeFileSync(reportPath(module), reportOf(module));
await app.generateOutputs(project);
process.stdout.write(`${relative(process.cwd(), join(out, "README.md"))}\n`);
