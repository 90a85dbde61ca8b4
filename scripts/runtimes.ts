/**
 * `bun run test:runtimes`: runs the tests in which processes of Bun and of Node.js share a directory.
 *
 * @module
 */
import { fetchPackage, run } from "./other-bun.ts";

const NODE_VERSION = "26.10.0";
const TESTS = "packages/ipc/test/systems/runtimes.test.ts";

if (process.platform !== "linux") throw new Error("This has been written for Linux only");
const node = fetchPackage(`node-linux-${process.arch}`, NODE_VERSION, "bin/node");
run([process.execPath, "test", TESTS], undefined, { ISTHMUS_TEST_NODE: node });
