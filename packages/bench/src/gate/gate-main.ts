/**
 * The regression gate: `bun run bench:gate`, or `bun run bench:gate FILE` to judge results that are there.
 *
 * Ends with 0 when all ratios keep their bounds, 1 when one does not, 2 for a usage error, 130 on Ctrl-C.
 *
 * @module
 */
import { formatFactor } from "../report/format-figure.ts";
import { readResults } from "../results/read-results.ts";
import { runBenchmark } from "../runner/run-benchmark.ts";
import { BOUNDS } from "./bounds.ts";
import { judgeGate } from "./judge-gate.ts";

const ROUNDS = 3;

const [path, ...rest] = process.argv.slice(2);
if (path?.startsWith("-") || rest.length > 0) {
  process.stderr.write("usage: bench:gate [RESULTS.json]\n");
  process.exit(2);
}
const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => controller.abort(new Error(`interrupted by ${signal}`)));
}

try {
  const results = path === undefined ? await measure() : readResults(path);
  const rows = judgeGate(results, BOUNDS);
  for (const { claim, atLeast, ratio, isPassed } of rows) {
    const found = ratio ? `${formatFactor(ratio.value)}, at most ${formatFactor(ratio.high)}` : "–";
    const verdict = isPassed ? "ok" : ratio ? "BROKEN" : "NOT MEASURED";
    const bound = `>= ${formatFactor(atLeast)}`;
    process.stdout.write(
      `${claim.padEnd(24)} ${bound.padEnd(10)} ${found.padEnd(28)} ${verdict}\n`,
    );
  }
  process.exitCode = rows.every(({ isPassed }) => isPassed) ? 0 : 1;
} catch (error) {
  process.stderr.write(`bench:gate: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = controller.signal.aborted ? 130 : 1;
}

async function measure(): Promise<ReturnType<typeof readResults>> {
  return await runBenchmark({
    isQuick: true,
    rounds: ROUNDS,
    only: BOUNDS.map(({ claim }) => claim),
    signal: controller.signal,
    onProgress: ({ done, total, label }) => process.stderr.write(`${done}/${total} ${label}\n`),
  });
}
