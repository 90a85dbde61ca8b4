/**
 * `bun run test:arm64 [tests …]`: runs tests on the Bun of arm64 under qemu's user mode, as a container of another
 * architecture does. Without arguments: those of mutexes, and of owners that die, as far as they are no floods.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE, fetchBun, requireFiles, run, writeCommand } from "./other-bun.ts";

const QEMU = "/usr/bin/qemu-aarch64";
const LIBRARIES = "/usr/aarch64-linux-gnu";
const FOLDER = "packages/ipc/test/sync";

/** What is run without arguments: the arguments of each run. */
const RUNS = [
  [`${FOLDER}/strategy.test.ts`, `${FOLDER}/named-mutex.test.ts`],
  [`${FOLDER}/mutex-processes.test.ts`, "-t", "whose owner dies"],
];

/** Emulated, everything takes many times as long. */
const TIMEOUT_MS = 300_000;

requireFiles(
  [QEMU, join(LIBRARIES, "lib", "libc.so.6")],
  "qemu-user libc6-arm64-cross libstdc++6-arm64-cross",
);
const bun = fetchBun("bun-linux-aarch64");
const command = writeCommand("bun-arm64", `exec ${QEMU} -L ${LIBRARIES} "${bun}" "$@"`);
// The kernel cannot start the program itself, so processes that start others must start this command.
const preload = join(CACHE, "bun-arm64-preload.ts");
writeFileSync(preload, `process.execPath = ${JSON.stringify(command)};\n`);
const asked = process.argv.slice(2);
for (const tests of asked.length > 0 ? [asked] : RUNS) {
  run([command, "test", `--timeout=${TIMEOUT_MS}`, "--preload", preload, ...tests]);
}
