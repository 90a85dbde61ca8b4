/**
 * Makes the tarballs of the packages.
 *
 * @module
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeDeclarations } from "./declarations.ts";
import { MAN, type Manifest, shippedManifest, UNSUPPORTED } from "./manifest.ts";
import { ROOT, SHIPPED, type ShippedPackage } from "./shipped.ts";

/** Only some benchmarks use it, where it is installed. */
const NOT_BUNDLED = ["lmdb"];

/**
 * What becomes of `require` of a part. Bun runs it as it is, and knows no other word in a bundle; a bundler does not follow
 * it, so that bundles of users would lack the part. So both words stand there. No line moves: source maps stay true.
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
  const packed: PackedPackage[] = [];
  for (const [index, shipped] of SHIPPED.entries()) {
    const manifest = shippedManifest(manifests[index] as Manifest, shipped, versions);
    const fileName = `${manifest.name.replace(/^@/, "").replace("/", "-")}-${manifest.version}`;
    const directory = join(target, fileName);
    mkdirSync(directory, { recursive: true });
    await bundle(shipped, join(directory, "dist"));
    if (shipped.isCommand) writeManPage(shipped, directory);
    else {
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

async function bundle(
  { directory, entries, isCommand }: ShippedPackage,
  outdir: string,
): Promise<void> {
  const { outputs } = await Bun.build({
    entrypoints: Object.values(entries).map((path) => join(ROOT, directory, path)),
    root: ROOT,
    outdir,
    target: "bun",
    format: "esm",
    // What two entries share must be one for both: errors are compared by their classes.
    splitting: !isCommand,
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
