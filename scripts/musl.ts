/**
 * `bun run test:musl [tests …]`: runs tests on the Bun of musl (Alpine), here on Debian beside glibc's. Without arguments: the
 * demonstration, all tests of core and ipc, and those in which processes of both C libraries share whatever there is.
 *
 * That Bun needs musl's C library, and a C++ library that suits it. Debian has the one, and the other is linked from the
 * parts of its own that do not depend on glibc.
 *
 * @module
 */
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CACHE, fetchBun, requireFiles, run, writeCommand } from "./other-bun.ts";
import { askedFiles, runTestFiles, type TestRun, testFiles } from "./test-files.ts";

const LOADER = "/lib/ld-musl-x86_64.so.1";
const LIBRARIES = "/usr/lib/x86_64-linux-musl";
const MIXED = [
  "packages/ipc/test/systems/mixed.test.ts",
  "packages/store/test/systems/neighbours.test.ts",
];
/** What those tests are called: their files have others, too, for other runtimes. */
const MIXED_NAMES = "two C libraries|bun on musl";

/** How many times as long as in a plain run everything may take: nothing depends on how fast a machine is. */
const PATIENCE = 5;

/** Starting a process takes seconds there. */
const FILES_PER_PROCESS = 8;

/** Symbols of C++ and of its run-time. */
const CPP = /^(_Z|__cxa|__gxx|_Unwind|__dynamic_cast)/;

if (process.arch !== "x64") throw new Error("This has been written for x64 only");
requireFiles(
  [LOADER, LIBRARIES, ...["musl-gcc", "gcc", "nm"].map((name) => `/usr/bin/${name}`)],
  "gcc binutils musl musl-tools",
);
const archive = fileOfGcc("libstdc++_pic.a");
requireFiles([archive], `libstdc++-${askGcc("-dumpversion").split(".")[0]}-pic`);
const bun = fetchBun("bun-linux-x64-musl");
linkLibraries(bun);
const command = writeCommand("bun-musl", `LD_LIBRARY_PATH="${CACHE}" exec "${bun}" "$@"`);
const onMusl = { program: [command], patience: PATIENCE, filesPerProcess: FILES_PER_PROCESS };
const asked = askedFiles(process.argv.slice(2));
if (asked === undefined) run([command, "apps/cli/src/main.ts", "demo"]);
await runTestFiles(asked === undefined ? all() : [{ ...onMusl, ...asked }]);

function all(): TestRun[] {
  const mixed: TestRun = {
    program: [process.execPath],
    files: MIXED,
    options: ["-t", MIXED_NAMES],
    environment: { ISTHMUS_TEST_OTHER_BUN: command },
    patience: PATIENCE,
  };
  return [mixed, { ...onMusl, files: testFiles("packages/core/", "packages/ipc/") }];
}

/** Makes the two libraries that the program asks for. */
function linkLibraries(program: string): void {
  const cpp = join(CACHE, "libstdc++.so.6");
  if (existsSync(cpp)) return;
  const libc = join(CACHE, "libc.musl-x86_64.so.1");
  if (!existsSync(libc)) symlinkSync(LOADER, libc);
  const wanted = symbolsOf(program).flatMap((symbol) => ["-u", symbol]);
  const parts = [archive, ...["libgcc_eh.a", "libgcc.a"].map(fileOfGcc)];
  const flags = ["-shared", "-fPIC", "-O1", "-nostdlib", "-Wl,-soname,libstdc++.so.6"];
  const shim = join(import.meta.dir, "musl-shim.c");
  run(["musl-gcc", ...flags, "-o", cpp, shim, ...wanted, ...parts, `-L${LIBRARIES}`, "-lc"]);
}

/** What a program takes from the C++ library: what it lacks, and what the loader copies into it. */
function symbolsOf(program: string): string[] {
  const lines = (tool: readonly string[]): string[] =>
    Bun.spawnSync([...tool, program])
      .stdout.toString()
      .split("\n");
  const lacking = lines(["nm", "-D", "--undefined-only"]).map((line) => line.trim().split(" ")[1]);
  const copied = lines(["readelf", "-Wr"])
    .filter((line) => line.includes("R_X86_64_COPY"))
    .map((line) => line.split(/\s+/)[4]);
  const names = [...lacking, ...copied].map((name = "") => name.split("@")[0] as string);
  return [...new Set(names)].filter((name) => CPP.test(name));
}

/** The path of a file of the compiler's; its name alone when it has none. */
function fileOfGcc(name: string): string {
  return askGcc(`-print-file-name=${name}`);
}

function askGcc(question: string): string {
  return Bun.spawnSync(["gcc", question]).stdout.toString().trim();
}
