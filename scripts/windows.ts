/**
 * `bun run test:windows [tests …]`: runs tests on Windows; elsewhere on the Bun of Windows, under Wine. Without arguments: those
 * of files, names, locks, messages, the store and the command's looks at them.
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
import { fetchBun, requireFiles, run } from "./other-bun.ts";
import { allTestFiles, askedFiles, runTestFiles } from "./test-files.ts";
import { LEFT_OUT, REST, TESTS } from "./windows-tests.ts";

const ROOT = join(import.meta.dir, "..");
const WINE = "/usr/lib/wine/wine64";
const WINE_SERVER = "/usr/lib/wine/wineserver64";
const COMPILER = "/usr/bin/x86_64-w64-mingw32-gcc";

/** How many times as long everything may take under Wine, which makes of one system call many. */
const PATIENCE = 5;

const machine =
  process.platform === "win32" ? { program: [process.execPath], patience: 1 } : prepareWine();
const asked = askedFiles(process.argv.slice(2));
if (asked === undefined) {
  const { files, leftOut } = chooseFiles();
  await runTestFiles([{ ...machine, files }], leftOut);
} else {
  await runTestFiles([{ ...machine, ...asked }]);
}

/** The test files that are run by default, and why others are not. */
function chooseFiles() {
  const all = allTestFiles();
  const files: string[] = [];
  const leftOut = new Map<string, string[]>();
  const wanted = TESTS.flatMap((beginning) => all.filter((file) => file.startsWith(beginning)));
  for (const file of [...wanted, ...all.filter((file) => !wanted.includes(file))]) {
    const why = Object.entries(LEFT_OUT).find(([beginning]) => file.startsWith(beginning))?.[1];
    if (why === undefined && wanted.includes(file)) files.push(file);
    else leftOut.set(why ?? REST, [...(leftOut.get(why ?? REST) ?? []), file]);
  }
  return { files, leftOut };
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
  return { program: [WINE, bun], workspace, environment, patience: PATIENCE };
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
