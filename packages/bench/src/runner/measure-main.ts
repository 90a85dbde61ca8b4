/**
 * The program of a measuring process: `measure-main.ts SUITE CASE[,CASE…] CONTEXT`.
 *
 * @module
 */
import { findSuite } from "../suites/suites.ts";
import { encodeMessage } from "./case-message.ts";
import { type CaseContext, SkipError, type SuiteModule } from "./suite.ts";

const [suiteId = "", names = "", contextJson = "{}"] = process.argv.slice(2);
const context = JSON.parse(contextJson) as CaseContext;
const suite = findSuite(suiteId);
const module = await suite.load();

for (const name of names.split(",")) await measure(module, name);
// A peer's library may keep the event loop alive; everything has been said.
process.exit(0);

async function measure({ cases }: SuiteModule, name: string): Promise<void> {
  const run = cases[name];
  try {
    if (run === undefined) throw new Error(`suite "${suiteId}" has no code for case "${name}"`);
    const { value, histogram, peakGrowthBytes } = await run(context);
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new Error(`a figure must be positive and finite: received ${value}`);
    }
    const encoded = histogram && { histogram: Buffer.from(histogram).toString("base64") };
    await say({ name, value, ...encoded, ...(peakGrowthBytes && { peakGrowthBytes }) });
  } catch (error) {
    if (error instanceof SkipError) await say({ name, skipped: error.message });
    else await say({ name, failed: error instanceof Error ? (error.stack ?? "") : String(error) });
  }
}

async function say(message: Parameters<typeof encodeMessage>[0]): Promise<void> {
  await Bun.write(Bun.stdout, encodeMessage(message));
}
