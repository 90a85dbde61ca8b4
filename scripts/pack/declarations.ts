/**
 * The declarations of a package: what a compiler reads of it.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { ROOT, type ShippedPackage } from "./shipped.ts";

/** What an import or an export names, relative to its file. */
const SPECIFIER = /(?<=\bfrom "|\bimport\(")(\.[^"]+)\.ts(?=")/g;

/**
 * Writes the declarations of all entries and of what they lead to, and of nothing else.
 *
 * @param shipped The package.
 * @param target The directory into which `src/` goes.
 */
export function writeDeclarations({ directory, entries }: ShippedPackage, target: string): void {
  const source = join(ROOT, directory, "src");
  const emitted = mkdtempSync(join(tmpdir(), "isthmus-declarations-"));
  try {
    emit(source, emitted);
    const wanted = Object.values(entries).map((path) => {
      return relative("src", path).replace(/\.ts$/, ".d.ts");
    });
    for (const path of wanted) {
      const text = readFileSync(join(emitted, path), "utf8");
      const written = join(target, path);
      mkdirSync(dirname(written), { recursive: true });
      writeFileSync(written, text.replace(SPECIFIER, "$1.js"));
      for (const [, specifier] of text.matchAll(SPECIFIER)) {
        const next = join(dirname(path), `${specifier}.d.ts`);
        if (!wanted.includes(next)) wanted.push(next); // the loop comes to it
      }
    }
  } finally {
    rmSync(emitted, { recursive: true, force: true });
  }
}

function emit(source: string, target: string): void {
  const config = join(target, "tsconfig.json");
  const options = {
    noEmit: false,
    emitDeclarationOnly: true,
    // What leads to libraries from outside, or is nobody's business: those who check libraries would check theirs.
    stripInternal: true,
    rootDir: source,
    outDir: target,
    typeRoots: [join(ROOT, "node_modules", "@types")],
  };
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: options,
      include: [source],
    }),
  );
  const command = [process.execPath, "x", "--no-install", "tsc", "-p", config];
  const { exitCode, stdout } = Bun.spawnSync(command, { cwd: ROOT, stderr: "inherit" });
  if (exitCode !== 0) throw new Error(`Cannot write declarations: ${stdout.toString()}`);
}
