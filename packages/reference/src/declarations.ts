/**
 * The declarations of the packages: what the reference is made of. The sources need TypeScript 7, which has no interface for
 * tools yet; what it emits is read by an older one.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The project's root. */
export const ROOT: string = join(import.meta.dirname, "..", "..", "..");

/** The packages with a public interface. */
export const PACKAGES = ["core", "ipc", "store", "bridge"] as const;

/** One of them. */
export type PackageName = (typeof PACKAGES)[number];

/** Emitted declarations; gone when disposed. */
export class Declarations implements Disposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), "isthmus-reference-"));
  /** For whoever reads them. */
  readonly config: string = join(this.directory, "tsconfig.json");

  /** @throws {Error} When the compiler finds an error. */
  constructor() {
    const packages = join(ROOT, "packages");
    const emit = join(this.directory, "emit.json");
    writeJson(emit, {
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: {
        noEmit: false,
        emitDeclarationOnly: true,
        rootDir: packages,
        outDir: this.directory,
        typeRoots: [join(ROOT, "node_modules", "@types")],
      },
      include: PACKAGES.map((name) => join(packages, name, "src")),
    });
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    const { exitCode, stdout } = Bun.spawnSync([tsc, "-p", emit], { stderr: "inherit" });
    if (exitCode !== 0) throw new Error(`Cannot write declarations: ${stdout.toString()}`);
    writeJson(this.config, {
      compilerOptions: {
        target: "esnext",
        module: "preserve",
        moduleResolution: "bundler",
        strict: true,
        noEmit: true,
        allowImportingTsExtensions: true,
        types: [],
        paths: Object.fromEntries(
          PACKAGES.flatMap((name) => [
            [`@isthmus/${name}`, [this.entry(name)]],
            [`@isthmus/${name}/internal`, [join(this.directory, name, "src", "internal.d.ts")]],
          ]),
        ),
      },
      files: PACKAGES.map((name) => this.entry(name)),
    });
  }

  /** What users import. */
  entry(name: PackageName): string {
    return join(this.directory, name, "src", "index.d.ts");
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value));
}
