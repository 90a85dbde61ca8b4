/**
 * `bun run test:arm64 [tests …]`: runs tests on the Bun of arm64 under qemu's user mode, as a container of another
 * architecture does. Without arguments: those of mutexes, and of owners that die, as far as they are no floods.
 *
 * @module
 */
import { join } from "node:path";
import { fetchBun, requireFiles, runParts, testsOn, writeCommand } from "./other-bun.ts";

const QEMU = "/usr/bin/qemu-aarch64";
const LIBRARIES = "/usr/aarch64-linux-gnu";
const FOLDER = "packages/ipc/test/sync";

/** What is run without arguments: the arguments of each run. */
const RUNS = [
  [`${FOLDER}/strategy.test.ts`, `${FOLDER}/named-mutex.test.ts`],
  [`${FOLDER}/mutex-processes.test.ts`, "-t", "whose owner dies"],
];

/** Emulated, everything takes many times as long. */
const PATIENCE = 10;

requireFiles(
  [QEMU, join(LIBRARIES, "lib", "libc.so.6")],
  "qemu-user libc6-arm64-cross libstdc++6-arm64-cross",
);
const bun = fetchBun("bun-linux-aarch64");
const command = writeCommand("bun-arm64", `exec ${QEMU} -L ${LIBRARIES} "${bun}" "$@"`);
const { command: test, environment } = testsOn(command, PATIENCE);
const asked = process.argv.slice(2);
const runs = asked.length > 0 ? [asked] : RUNS;
await runParts(
  `Tests on Bun ${Bun.version} for arm64, under qemu`,
  runs.map((tests) => ({ name: tests.join(" "), command: [...test, ...tests], environment })),
);
