/**
 * Runs before the tests on another Bun than the machine's own, which its tests have to start other processes by, and may be
 * slow: it runs on an emulated CPU.
 *
 * - `ISTHMUS_TEST_PROGRAM`: the command that starts that Bun. Its program alone would not do.
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
