/**
 * Runs before the tests on another Bun than the machine's own, which may be slow, on an emulated CPU for example.
 *
 * - `ISTHMUS_TEST_PROGRAM`: what tests start other processes by, where the kernel cannot start that Bun's program itself.
 * - `ISTHMUS_TEST_PATIENCE`: how many times as long everything may take. What a test waits for heeds that in
 *   `packages/testing/src/patience.ts`; the limits of tests, which each file says for itself, are multiplied here.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { plugin } from "bun";

const { ISTHMUS_TEST_PROGRAM: program, ISTHMUS_TEST_PATIENCE: patience = "1" } = process.env;

if (program !== undefined) process.execPath = program;

plugin({
  name: "limits of tests",
  setup: (build) => {
    build.onLoad({ filter: /\.test\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8")
        .replace(/\bsetDefaultTimeout\((\w+)\)/g, `setDefaultTimeout(${patience} * $1)`)
        // The limit of one test, or of a hook.
        .replace(/^( *\}, )(\d[\d_]{3,})\);$/gm, `$1${patience} * $2);`),
      loader: "ts",
    }));
  },
});
