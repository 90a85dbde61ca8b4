/**
 * How the command starts the programs that work for it: by their sources; or, where all has been bundled into one file
 * or one executable, by that, which is told which of its programs to be.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";

/** What comes before the name of the program that a bundle is to be. */
const AS_PROGRAM = "--as-program";
/** Where Bun shows an executable what it contains. */
const EMBEDDED = "/$bunfs/";

/** The programs of a bundle by the names of their files. */
export type Programs = Readonly<Record<string, () => Promise<unknown>>>;

/** Whether this process is an executable that contains its programs. */
export const isExecutable: boolean = import.meta.dirname.startsWith(EMBEDDED);

/**
 * The command that runs a program in a process of its own.
 *
 * @param directory The directory of the module that asks: `import.meta.dirname`.
 * @param path From there to the program's source.
 * @returns What stands before the program's own arguments.
 */
export function programCommand(directory: string, path: string): string[] {
  const source = join(directory, path);
  if (existsSync(source)) return [process.execPath, source];
  return [...bundleCommand(), AS_PROGRAM, nameOf(path)];
}

/**
 * The command that runs the command itself.
 *
 * @param directory The directory of the module that asks: `import.meta.dirname`.
 * @param path From there to the command's source.
 * @returns What stands before its arguments.
 */
export function mainCommand(directory: string, path: string): string[] {
  const source = join(directory, path);
  return existsSync(source) ? [process.execPath, source] : bundleCommand();
}

/**
 * Starts a program as a worker of this process.
 *
 * @param directory The directory of the module that asks: `import.meta.dirname`.
 * @param path From there to the program's source.
 */
export function startWorker(directory: string, path: string): Worker {
  const source = join(directory, path);
  if (existsSync(source)) return new Worker(source);
  return new Worker(Bun.main, { argv: [AS_PROGRAM, nameOf(path)] });
}

/**
 * Runs the program that this process, or this worker, was started as.
 *
 * @param programs All programs of the bundle.
 * @returns Whether it was started as one of them.
 */
export async function runAsProgram(programs: Programs): Promise<boolean> {
  const [, , flag, name = ""] = process.argv;
  const load = flag === AS_PROGRAM ? programs[name] : undefined;
  if (load === undefined) return false;
  process.argv.splice(2, 2);
  await load();
  return true;
}

function bundleCommand(): string[] {
  return isExecutable ? [process.execPath] : [process.execPath, Bun.main];
}

function nameOf(path: string): string {
  return basename(path, ".ts");
}
