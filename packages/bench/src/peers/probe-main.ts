/**
 * Loads one peer and makes it do something: `probe-main.ts DIRECTORY PACKAGE`. Ends with 0 when it could.
 *
 * @module
 */
import { createRequire } from "node:module";
import { join } from "node:path";

const [directory = "", peer = ""] = process.argv.slice(2);
const loaded = createRequire(join(directory, "package.json"))(peer);

/** Loading is not enough: an addon fails when it is first used. */
const uses: Readonly<Record<string, () => unknown>> = {
  zeromq: () => new loaded.Push().bind(`ipc://${join(process.cwd(), "probe.sock")}`),
  "shm-typed-array": () => loaded.destroy(loaded.create(4096).key),
  "mmap-io": () => loaded.PAGESIZE.toFixed(),
  "@riaskov/mmap-io": () => (loaded.default ?? loaded).PAGESIZE.toFixed(),
  "node-ipc": () => loaded.config.id.length,
};

await uses[peer]?.();
process.exit(0);
