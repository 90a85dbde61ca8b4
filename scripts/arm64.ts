/**
 * `bun run test:arm64 [tests …]`: runs tests on the Bun of arm64 under qemu's user mode, as a container of another
 * architecture does. Without arguments: a part of core, and the tests of mutexes and of owners that are killed.
 *
 * @module
 */
import { join } from "node:path";
import { fetchBun, requireFiles, runParts, testsOn, writeCommand } from "./other-bun.ts";

const QEMU = "/usr/bin/qemu-aarch64";
const LIBRARIES = "/usr/aarch64-linux-gnu";
const CORE = "packages/core/test";
const SYNC = "packages/ipc/test/sync";

/** What is run without arguments: the arguments of each run. */
const RUNS = [
  ["view-accessor.numbers", "mapping", "named/verbs", "named/layout"].map(
    (name) => `${CORE}/${name}.test.ts`,
  ),
  [`${SYNC}/named-mutex.test.ts`, `${SYNC}/strategy.test.ts`],
  [`${SYNC}/mutex-processes.test.ts`, "-t", "by SIGKILL"],
];

/** What is not run then, and what was seen when it was. */
const SKIPPED: Readonly<Record<string, string>> = {
  "all else with several processes":
    "a Bun takes many seconds to start, and a test with four of them took two minutes",
  [`${CORE}/memory-mapped-file.full-disk.test.ts`]:
    "qemu maps for execution what the file system says is not to be executed",
};

/** Emulated, everything takes many times as long. */
const PATIENCE = 10;

requireFiles(
  [QEMU, join(LIBRARIES, "lib", "libc.so.6")],
  "qemu-user libc6-arm64-cross libstdc++6-arm64-cross",
);
const bun = fetchBun("bun-linux-aarch64");
const command = writeCommand("bun-arm64", `exec ${QEMU} -L ${LIBRARIES} "${bun}" "$@"`);
// The kernel cannot start the program itself.
const { command: test, environment } = testsOn(command, PATIENCE, command);
const asked = process.argv.slice(2);
const runs = asked.length > 0 ? [asked] : RUNS;
if (asked.length === 0) {
  for (const [tests, why] of Object.entries(SKIPPED)) {
    process.stdout.write(`(skip) ${tests} [skipped: ${why}]\n`);
  }
}
await runParts(
  `Tests on Bun ${Bun.version} for arm64, under qemu`,
  runs.map((tests) => ({ name: tests.join(" "), command: [...test, ...tests], environment })),
);
