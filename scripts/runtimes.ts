/**
 * `bun run test:runtimes [tests …]`: runs the tests in which processes of Bun and of Node.js or Deno share a directory, and
 * those of the packages as users of the two get them.
 *
 * @module
 */
import { TEST_MS } from "../packages/testing/src/patience.ts";
import { otherRuntimes, run } from "./other-bun.ts";

const TESTS = [
  "./packages/core/test/runtime.test.ts",
  "./packages/core/test/systems/runtimes.test.ts",
  "./packages/ipc/test/systems/runtimes.test.ts",
  "./packages/store/test/systems/neighbours.test.ts",
  "./scripts/runtimes.check.ts",
];

const { node, deno } = otherRuntimes();
const asked = process.argv.slice(2);
const tests = asked.length > 0 ? asked : TESTS;
run([process.execPath, "test", `--timeout=${TEST_MS}`, ...tests], undefined, {
  ISTHMUS_TEST_NODE: node,
  ISTHMUS_TEST_DENO: deno,
});
