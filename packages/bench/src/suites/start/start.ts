/**
 * Starting: CPU time of whole processes, which all begin with nothing compiled.
 *
 * @module
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytes, Consumer } from "@isthmus/ipc";
import { type CaseContext, type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";
import { median } from "../../statistics/statistics.ts";

const STARTS = 5;
const NS_PER_US = 1000;

const OPEN = `using channel = Consumer.createNew("bench-start-" + process.pid, { schema: bytes });
if (!channel.createdNew) process.exit(1);`;

/** The cases of this suite. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  bare: (context) => starts(write(context, "bare.js", "")),
  import: async (context) => {
    await buildLibrary(context);
    return starts(write(context, "import.js", 'import "./library.js";'));
  },
  channel: async (context) => {
    await buildLibrary(context);
    const names = 'import { ipc } from "./library.js";\nconst { Consumer, bytes } = ipc;\n';
    return starts(write(context, "channel.js", names + OPEN));
  },
  bundled: async (context) => {
    const names = `import { bytes, Consumer } from ${JSON.stringify(librarySource("ipc"))};\n`;
    return starts(await build(context, "bundled", names + OPEN));
  },
  ls: () => {
    using _named = Consumer.createNew(`bench-start-${process.pid}`, { schema: bytes });
    return starts(source("apps/cli/src/main.ts"), "ls");
  },
};

let library: Promise<string> | undefined;

/** All of both libraries in one file, as the published packages have each in one. */
async function buildLibrary(context: CaseContext): Promise<void> {
  const names = ["core", "ipc"].map(
    (name) => `export * as ${name} from ${JSON.stringify(librarySource(name))};\n`,
  );
  library ??= build(context, "library", names.join(""));
  await library;
}

async function build(context: CaseContext, name: string, code: string): Promise<string> {
  const entry = write(context, `${name}.ts`, code);
  await Bun.build({ entrypoints: [entry], outdir: context.directory, target: "bun" });
  return join(context.directory, `${name}.js`);
}

function librarySource(library: string): string {
  return source(`packages/${library}/src/index.ts`);
}

function source(file: string): string {
  const path = join(import.meta.dirname, "../../../../..", file);
  if (!existsSync(path)) throw new SkipError("only where the sources of the packages are");
  return path;
}

function write({ directory }: CaseContext, name: string, code: string): string {
  const path = join(directory, name);
  writeFileSync(path, code);
  return path;
}

function starts(program: string, ...args: string[]): Figure {
  const all = Array.from({ length: STARTS }, () => {
    const { exitCode, resourceUsage } = Bun.spawnSync([process.execPath, program, ...args], {
      stderr: "inherit",
    });
    if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}`);
    return Number(resourceUsage.cpuTime.total) * NS_PER_US;
  });
  return { value: median(all) };
}
