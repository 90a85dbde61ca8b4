/** How the memory of a segment is mapped. */
import { expect } from "bun:test";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { isWindows, testIf } from "@isthmus/testing/requirement";

const PACKAGES = join(import.meta.dir, "..", "..", "..");

/** Counts the calls of the C library for memory that opening and leaving a channel takes. */
const PROGRAM = `
  import { engine } from "${PACKAGES}/core/src/native/runtime.ts";
  const calls = [];
  const { load } = engine;
  engine.load = (path, wanted) => {
    const library = load(path, wanted);
    const counted = { ...library.call };
    for (const name of ["mmap", "munmap"]) {
      counted[name] = (...given) => {
        calls.push(name);
        return library.call[name](...given);
      };
    }
    return { ...library, call: counted };
  };
  const { Consumer, json, Producer } = await import("${PACKAGES}/ipc/src/index.ts");
  const options = { schema: json, capacityBytes: 4 << 20 };
  const producer = Producer.createNew("large", options);
  calls.length = 0;
  const consumer = Consumer.openExisting("large", options);
  console.log(calls.join(" "));
`;

testIf(!isWindows, "a C library that maps memory")("a channel of 4 MiB takes one mmap", () => {
  using _home = new Home();
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", PROGRAM], { env: process.env });
  expect({ calls: `${stdout}`.trim(), errors: `${stderr}` }).toEqual({ calls: "mmap", errors: "" });
});
