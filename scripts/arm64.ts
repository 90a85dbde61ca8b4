/**
 * `bun run test:arm64 [tests …]`: runs tests on the Bun of arm64 under qemu's user mode, as a container of another
 * architecture does. Without arguments: a part of core, and the tests of mutexes and of owners that are killed.
 *
 * @module
 */
import { join } from "node:path";
import { fetchBun, requireFiles, writeCommand } from "./other-bun.ts";
import { askedFiles, runTestFiles } from "./test-files.ts";

const QEMU = "/usr/bin/qemu-aarch64";
const LIBRARIES = "/usr/aarch64-linux-gnu";
const CORE = "packages/core/test";
const SYNC = "packages/ipc/test/sync";

/** What is run without arguments. */
const RUNS = [
  {
    files: [
      ...["view-accessor.numbers", "mapping", "named/verbs", "named/layout"].map(
        (name) => `${CORE}/${name}.test.ts`,
      ),
      `${SYNC}/named-mutex.test.ts`,
      `${SYNC}/strategy.test.ts`,
    ],
  },
  { files: [`${SYNC}/mutex-processes.test.ts`], options: ["-t", "by SIGKILL"] },
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
const environment = { ISTHMUS_TEST_PROGRAM: command };
const asked = askedFiles(process.argv.slice(2));
if (asked === undefined) {
  for (const [tests, why] of Object.entries(SKIPPED)) {
    process.stdout.write(`(skip) ${tests} [skipped: ${why}]\n`);
  }
}
const runs = asked === undefined ? RUNS : [asked];
await runTestFiles(
  runs.map((run) => ({ program: [command], environment, patience: PATIENCE, ...run })),
);
