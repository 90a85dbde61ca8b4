/**
 * `bun run test:windows [tests …]`: runs tests on Windows; elsewhere on the Bun of Windows, under Wine. Without arguments: those
 * of files, names, locks, messages, the store and the command's looks at them.
 *
 * Each file is run by a process of its own, and what it says is printed when something in it has failed. At the end stands what
 * was skipped and why.
 *
 * Under Wine the packages are laid out anew for it, in a copy of this workspace: Wine passes symbolic links by without telling, so that
 * Bun cannot find what lies beside their targets.
 *
 * @module
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { withoutWineNotes } from "../packages/testing/src/wine-notes.ts";
import { fetchBun, requireFiles, run } from "./other-bun.ts";
import { type FileReport, hasPassed, lineOf, readReport, summaryOf } from "./test-report.ts";
import { LEFT_OUT, REST, TESTS } from "./windows-tests.ts";

const ROOT = join(import.meta.dir, "..");
const WINE = "/usr/lib/wine/wine64";
const WINE_SERVER = "/usr/lib/wine/wineserver64";
const COMPILER = "/usr/bin/x86_64-w64-mingw32-gcc";

/** Wine makes of one system call many. */
const TIMEOUT_MS = 120_000;
/** How many files are run at a time: they wait more than they work. */
const LANES = 2;
/** A file whose tests have not ended by then hangs. */
const FILE_MINUTES_MAX = 10;

const started = performance.now();
const asked = process.argv.slice(2);
const options = asked.filter((word) => word.startsWith("-"));
const { files, leftOut } = chooseFiles(asked.filter((word) => !word.startsWith("-")));
const { program, workspace, environment } =
  process.platform === "win32"
    ? { program: [process.execPath], workspace: ROOT, environment: {} }
    : prepareWine();
const reports: FileReport[] = [];
const left = [...files];
await Promise.all(Array.from({ length: LANES }, runFiles));
const seconds = (performance.now() - started) / 1000;
process.stdout.write(summaryOf(reports, leftOut, seconds));
process.exitCode = reports.length > 0 && reports.every(hasPassed) ? 0 : 1;

/** The test files to run: whose path has one of some texts in it, or without any all that are run by default. */
function chooseFiles(texts: readonly string[]) {
  const all = Array.from(
    new Bun.Glob("{packages,apps}/*/test/**/*.test.ts").scanSync({ cwd: ROOT }),
  )
    .map((file) => file.replaceAll("\\", "/"))
    .sort();
  const leftOut = new Map<string, string[]>();
  if (texts.length > 0) {
    return { files: all.filter((file) => texts.some((text) => file.includes(text))), leftOut };
  }
  const files: string[] = [];
  const wanted = TESTS.flatMap((beginning) => all.filter((file) => file.startsWith(beginning)));
  for (const file of [...wanted, ...all.filter((file) => !wanted.includes(file))]) {
    const why = Object.entries(LEFT_OUT).find(([beginning]) => file.startsWith(beginning))?.[1];
    if (why === undefined && wanted.includes(file)) files.push(file);
    else leftOut.set(why ?? REST, [...(leftOut.get(why ?? REST) ?? []), file]);
  }
  return { files, leftOut };
}

/** Runs one file after the other, until none is left. */
async function runFiles(): Promise<void> {
  for (let file = left.shift(); file !== undefined; file = left.shift()) {
    reports.push(await runFile(file));
  }
}

/** Runs the tests of a file; says how that ended, and all that it has said if it ended badly. */
async function runFile(file: string): Promise<FileReport> {
  const begun = performance.now();
  const tests = Bun.spawn([...program, "test", `--timeout=${TIMEOUT_MS}`, ...options, file], {
    cwd: workspace,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: FILE_MINUTES_MAX * 60_000,
    killSignal: "SIGKILL",
  });
  const texts = await Promise.all([tests.stdout.text(), tests.stderr.text(), tests.exited]);
  const report = readReport(file, `${texts[0]}${texts[1]}`, {
    code: tests.signalCode ?? tests.exitCode ?? "nobody knows what",
    seconds: (performance.now() - begun) / 1000,
  });
  process.stdout.write(`${lineOf(report)}\n`);
  if (!hasPassed(report)) process.stdout.write(withoutWineNotes(`${texts[0]}${texts[1]}`));
  return report;
}

/** Installs Wine and what the tests need in a place of its own, for as long as this runs. */
function prepareWine() {
  if (process.arch !== "x64") throw new Error("This has been written for x64 only");
  installWine();
  const bun = `${fetchBun("bun-windows-x64")}.exe`;
  const shim = join(dirname(bun), "bcryptprimitives.dll");
  if (!existsSync(shim)) {
    const source = join(import.meta.dir, "windows-shim.c");
    run([COMPILER, "-shared", "-O1", "-o", shim, source, "-ladvapi32"]);
  }
  const prefix = mkdtempSync(join(tmpdir(), "isthmus-wine-"));
  const workspace = join(prefix, "drive_c", "isthmus");
  const environment = {
    WINEPREFIX: prefix,
    WINEDEBUG: "-all",
    // No Mono and no Gecko: Wine would ask for them in a window.
    WINEDLLOVERRIDES: "mscoree,mshtml=",
    ISTHMUS_TEST_WINE: wineVersion(),
  };
  process.on("SIGINT", () => process.exit(130));
  process.on("exit", () => {
    Bun.spawnSync([WINE_SERVER, "-k", "-w"], { env: { ...process.env, ...environment } });
    rmSync(prefix, { recursive: true, force: true });
  });
  copyWorkspace(workspace);
  // What is begun here goes on until the end, with what it was given to write to: the server, which otherwise ends with each
  // process that is the last one, and the services, which the first process starts.
  for (const command of [
    [WINE_SERVER, "-p"],
    [WINE, "wineboot", "--init"],
  ]) {
    Bun.spawnSync(command, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "ignore", "ignore"],
    });
  }
  return { program: [WINE, bun], workspace, environment };
}

/** Installs what Debian has, where this user may; else says what to install. */
function installWine(): void {
  const files = [WINE, WINE_SERVER, COMPILER];
  const packages = ["wine64", "gcc-mingw-w64-x86-64"];
  if (!files.every(existsSync) && process.getuid?.() === 0 && Bun.which("apt-get") !== null) {
    run(["apt-get", "install", "-y", "--no-install-recommends", ...packages]);
  }
  requireFiles(files, packages.join(" "));
}

/** Copies what the repository holds, and installs the packages in one folder. */
function copyWorkspace(workspace: string): void {
  const files = Bun.spawnSync(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: ROOT },
  ).stdout.toString();
  for (const file of files.split("\0")) {
    const source = join(ROOT, file);
    if (file === "" || !existsSync(source)) continue;
    const target = join(workspace, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(source, target);
  }
  const settings = join(workspace, "bunfig.toml");
  writeFileSync(
    settings,
    readFileSync(settings, "utf8").replace("[install]", '[install]\nlinker = "hoisted"'),
  );
  run([process.execPath, join("scripts", "install.ts")], workspace);
}

function wineVersion(): string {
  return Bun.spawnSync([WINE, "--version"]).stdout.toString().trim();
}
