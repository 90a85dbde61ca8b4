/**
 * `bun run test:windows [tests …]`: runs tests on Windows; elsewhere on the Bun of Windows, under Wine. Without arguments: those
 * of core, of names, of mutexes and of channels.
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
import { linesOf } from "../packages/testing/src/lines-of.ts";
import { fetchBun, requireFiles, run } from "./other-bun.ts";

const ROOT = join(import.meta.dir, "..");
const WINE = "/usr/lib/wine/wine64";
const WINE_SERVER = "/usr/lib/wine/wineserver64";
const COMPILER = "/usr/bin/x86_64-w64-mingw32-gcc";

/** What is run without arguments. */
const TESTS = [
  "packages/core/test/",
  "packages/ipc/test/sync/",
  "packages/ipc/test/shared-struct/",
  "packages/ipc/test/channel/",
  "packages/ipc/test/segment/participants",
  "packages/ipc/test/segment/places",
  "packages/ipc/test/service/service",
  "packages/ipc/test/service/processes",
  "packages/ipc/test/topic/publisher",
  "packages/ipc/test/topic/subscriber",
  "packages/ipc/test/topic/processes",
  "packages/ipc/test/wait/",
  "apps/cli/test/channel-commands/transfer",
];

/** What is not run then, and why. */
const SKIPPED: Readonly<Record<string, string>> = {
  "packages/core/test/guard/**":
    "there is nothing to guard against: to shorten a mapped file is refused with status 0xc0000243",
};

/** Wine makes of one system call many. */
const TIMEOUT_MS = 120_000;

const asked = process.argv.slice(2);
const command = ["test", `--timeout=${TIMEOUT_MS}`, ...(asked.length > 0 ? asked : all())];
if (process.platform === "win32") {
  run([process.execPath, ...command]);
  process.exit();
}
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
process.on("SIGINT", () => {});
process.on("exit", () => {
  Bun.spawnSync([WINE_SERVER, "-k", "-w"], { env: { ...process.env, ...environment } });
  rmSync(prefix, { recursive: true, force: true });
});
copyWorkspace();
const tests = Bun.spawn([WINE, bun, ...command], {
  cwd: workspace,
  env: { ...process.env, ...environment },
  stdio: ["inherit", "pipe", "pipe"],
});
await Promise.all([pass(tests.stdout, process.stdout), pass(tests.stderr, process.stderr)]);
process.exitCode = await tests.exited;

/** The arguments for all that is run without any; says what is skipped. */
function all(): string[] {
  for (const [tests, why] of Object.entries(SKIPPED)) {
    process.stdout.write(`(skip) ${tests} [skipped: ${why}]\n`);
  }
  return [...TESTS, ...Object.keys(SKIPPED).map((tests) => `--path-ignore-patterns=${tests}`)];
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

/** Passes lines on, but for those in which Bun wonders at how Wine names folders. */
async function pass(from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream): Promise<void> {
  for await (const line of linesOf(from)) {
    if (!line.startsWith("Internal error: directory mismatch")) to.write(`${line}\n`);
  }
}

/** Copies what the repository holds, and installs the packages in one folder. */
function copyWorkspace(): void {
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
