/**
 * `bun run test:musl [tests …]`: runs tests on the Bun of musl (Alpine), here on Debian beside glibc's. Without arguments: those in
 * which processes of both share whatever there is, the demonstration, and the tests of locks. What takes longer is asked for, as all
 * of core by `bun run test:musl packages/core/`.
 *
 * That Bun needs musl's C library, and a C++ library that suits it. Debian has the one, and the other is linked from the
 * parts of its own that do not depend on glibc.
 *
 * @module
 */
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import {
  CACHE,
  fetchBun,
  type Part,
  requireFiles,
  run,
  runParts,
  testsOn,
  writeCommand,
} from "./other-bun.ts";

const LOADER = "/lib/ld-musl-x86_64.so.1";
const LIBRARIES = "/usr/lib/x86_64-linux-musl";
const MIXED = [
  "./packages/ipc/test/systems/mixed.test.ts",
  "./packages/store/test/systems/neighbours.test.ts",
];
/** What those tests are called: their files have others, too, for other runtimes. */
const MIXED_NAMES = "two C libraries|bun on musl";

/** What has to do with the C library most: its mutexes, and what of them is there when their owners have been killed. */
const LOCKS = ["packages/ipc/test/sync"];

/** How many times as long as in a plain run everything may take: nothing depends on how fast a machine is. */
const PATIENCE = 5;

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
const onMusl = testsOn(command, PATIENCE);
const asked = process.argv.slice(2);
await runParts(`Tests on Bun ${Bun.version} for musl`, asked.length > 0 ? [part(asked)] : all());

function part(tests: readonly string[]): Part {
  return { name: tests.join(" "), ...onMusl, command: [...onMusl.command, ...tests] };
}

function all(): Part[] {
  const mixed = testsOn(process.execPath, PATIENCE);
  return [
    {
      name: "two C libraries",
      command: [...mixed.command, ...MIXED, "-t", MIXED_NAMES],
      environment: { ...mixed.environment, ISTHMUS_TEST_OTHER_BUN: command },
    },
    { name: "the demonstration", command: [command, "apps/cli/src/main.ts", "demo"] },
    part(LOCKS),
  ];
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
