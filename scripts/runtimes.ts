/**
 * `bun run test:runtimes`: runs the tests in which processes of Bun and of Node.js or Deno share a directory.
 *
 * @module
 */
import { fetchPackage, run } from "./other-bun.ts";

const NODE_VERSION = "26.10.0";
const DENO_VERSION = "2.9.6";
const TESTS = "packages/ipc/test/systems/runtimes.test.ts";

const machine = `linux-${process.arch}`;
if (process.platform !== "linux") throw new Error("This has been written for Linux only");
run([process.execPath, "test", TESTS], undefined, {
  ISTHMUS_TEST_NODE: fetchPackage(`node-${machine}`, NODE_VERSION, "bin/node"),
  ISTHMUS_TEST_DENO: fetchPackage(`@deno/${machine}-glibc`, DENO_VERSION, "deno"),
});
