/**
 * Makes the tarballs of the packages.
 *
 * @module
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { writeDeclarations } from "./declarations.ts";
import { MAN, type Manifest, shippedManifest, UNSUPPORTED } from "./manifest.ts";
import { ROOT, SHIPPED, type ShippedPackage } from "./shipped.ts";

/**
 * What starts a command. For a shell, its second line goes on with Bun, or with Node.js where there is no Bun; for them and for
 * Deno it is a module, and that line a word and a comment.
 */
const starterOf = (node: string): string => `#!/usr/bin/env sh
":" //; command -v bun >/dev/null && exec bun "$0" "$@"; exec node --disable-warning=ExperimentalWarning "$0" "$@"
try {
  await import("./main.js");
} catch (error) {
  // An old Node.js does not know all of the syntax.
  const isOld = error instanceof SyntaxError && !process.versions.bun && !process.versions.deno;
  if (error?.code !== "ERR_NOT_SUPPORTED" && !isOld) throw error;
  const needs = \`Cannot run Isthmus on Node.js \${process.versions.node}: it needs Node.js ${node} or Bun\`;
  process.stderr.write(\`isthmus: \${isOld ? needs : error.message}\\n\`);
  process.exitCode = 1;
}
`;

/** Only some benchmarks use it, where it is installed. */
const NOT_BUNDLED = ["lmdb"];

/** What is behind the entries of a package that has several. */
const TOGETHER = "together.ts";

/** What the root's manifest says of libraries from outside. */
interface Workspace {
  readonly workspaces: { readonly catalog: Readonly<Record<string, string>> };
}

/**
 * What becomes of `require` of a part. Bun runs it as it is, and knows no other word in a bundle; a bundler does not follow
 * it, so that executables made of the command's bundle would lack the part. So both words stand there. No line moves: source maps
 * stay true.
 */
const REQUIRED = /\bimport\.meta\.require\(("\.[^"]+")\)/g;

/** One package that has been packed. */
export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** What the tarball was made of. */
  readonly directory: string;
  readonly tarball: string;
}

/**
 * Packs everything that is shipped.
 *
 * @param target Where the tarballs go; what was there before is removed.
 * @returns The packages, in the order in which they build on each other.
 */
export async function packAll(target: string): Promise<PackedPackage[]> {
  rmSync(target, { recursive: true, force: true });
  const manifests = SHIPPED.map(({ directory }) => readManifest(join(ROOT, directory)));
  const versions = new Map(manifests.map(({ name, version }) => [name, version]));
  const { workspaces } = readManifest(ROOT) as unknown as Workspace;
  const catalog = new Map(Object.entries(workspaces.catalog));
  const packed: PackedPackage[] = [];
  for (const [index, shipped] of SHIPPED.entries()) {
    const manifest = shippedManifest(manifests[index] as Manifest, shipped, versions, catalog);
    const fileName = `${manifest.name.replace(/^@/, "").replace("/", "-")}-${manifest.version}`;
    const directory = join(target, fileName);
    mkdirSync(directory, { recursive: true });
    await bundle(shipped, join(directory, "dist"));
    if (shipped.isCommand) {
      writeManPage(shipped, directory);
      const starter = starterOf((manifest["engines"] as Record<string, string>)["node"] ?? "");
      for (const name of Object.keys(shipped.entries)) {
        writeFileSync(join(directory, "dist", `${name}.js`), starter, { mode: 0o755 });
      }
    } else {
      writeDeclarations(shipped, join(directory, "dist", "types"));
      cpSync(
        join(ROOT, shipped.directory, "src", UNSUPPORTED),
        join(directory, "dist", UNSUPPORTED),
      );
    }
    writeFileSync(join(directory, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
    cpSync(join(ROOT, "LICENSE"), join(directory, "LICENSE"));
    cpSync(join(ROOT, shipped.directory, "README.md"), join(directory, "README.md"));
    const tarball = join(target, `${fileName}.tgz`);
    archive(directory, tarball);
    packed.push({ name: manifest.name, version: manifest.version, directory, tarball });
  }
  return packed;
}

function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
}

/** What is imported or run, and what is behind it. */
async function bundle(
  { directory, entries, isCommand }: ShippedPackage,
  outdir: string,
): Promise<void> {
  const sources = Object.values(entries).map((path) => join(ROOT, directory, path));
  // What several entries share must be one for all: errors are compared by their classes. `splitting` would do that, but gives
  // everything that two entries export another name: `SystemError2`.
  const together = sources.length > 1 ? join(ROOT, directory, "src", TOGETHER) : undefined;
  const { outputs } = await Bun.build({
    entrypoints: together === undefined ? sources : [together],
    files: together === undefined ? {} : { [together]: sources.map(exportAll).join("") },
    root: ROOT,
    outdir,
    target: "bun",
    format: "esm",
    // What a command loads later may be something that only Bun can load.
    splitting: isCommand === true,
    naming: { entry: "[name].[ext]", chunk: "[name]-[hash].[ext]", asset: "[name]-[hash].[ext]" },
    sourcemap: "linked",
    ...(isCommand ? { external: NOT_BUNDLED } : { packages: "external" }),
  });
  for (const { path } of outputs.filter(({ kind }) => kind !== "sourcemap")) {
    const code = readFileSync(path, "utf8");
    const mended = code.replaceAll(REQUIRED, (call, place) => {
      return `(() => { try { return require(${place}); } catch { return ${call}; } })()`;
    });
    if (mended !== code) writeFileSync(path, mended);
  }
  placeSources(directory, outdir);
  if (together === undefined) return;
  for (const source of sources) {
    const names = Object.keys((await import(source)) as object).join(", ");
    const code = `export { ${names} } from "./${bundledName(together)}";\n`;
    writeFileSync(join(outdir, bundledName(source)), code);
  }
}

/** Where sources stood, from the package: an error's trace names the package that it comes from. */
function placeSources(directory: string, outdir: string): void {
  for (const path of new Bun.Glob("*.map").scanSync({ cwd: outdir, absolute: true })) {
    const map = JSON.parse(readFileSync(path, "utf8")) as { sources: string[] };
    map.sources = map.sources.map((source) => {
      const fromRoot = relative(ROOT, resolve(outdir, source));
      return join("..", fromRoot.startsWith(directory) ? relative(directory, fromRoot) : fromRoot);
    });
    writeFileSync(path, JSON.stringify(map));
  }
}

function exportAll(source: string): string {
  return `export * from ${JSON.stringify(source)};\n`;
}

function bundledName(source: string): string {
  return basename(source).replace(/ts$/, "js");
}

/** The man page of a command, by its own word. */
function writeManPage({ directory, entries }: ShippedPackage, target: string): void {
  mkdirSync(join(target, MAN));
  for (const [name, path] of Object.entries(entries)) {
    const command = [process.execPath, join(ROOT, directory, path), "help", "--man"];
    const { exitCode, stdout, stderr } = Bun.spawnSync(command);
    if (exitCode !== 0) throw new Error(`Cannot write the man page: ${stderr.toString()}`);
    writeFileSync(join(target, MAN, `${name}.1`), stdout);
  }
}

function archive(directory: string, tarball: string): void {
  const command = [process.execPath, "pm", "pack", "--quiet", "--filename", tarball];
  const { exitCode, stderr } = Bun.spawnSync(command, { cwd: directory, stdout: "ignore" });
  if (exitCode !== 0 || !existsSync(tarball)) {
    throw new Error(`Cannot pack "${directory}": ${stderr.toString()}`);
  }
}
