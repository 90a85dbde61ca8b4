/**
 * Loads shipped source with a few of its lines replaced, or beside stand-ins for some of its imports.
 *
 * What is neither changed nor imports anything that is, is the original file itself.
 *
 * @module
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { removeTree } from "@isthmus/testing/remove-tree";

const SOURCE = join(import.meta.dir, "..", "..", "..", "src");

/** A seeded bug: text that must be in a file of `src` exactly once, and what stands there instead. */
export interface Mistake {
  /** Path within `src`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** What is replaced by what. */
export type Change = readonly [from: string, to: string];

/** What is different from the shipped source. */
export interface Differences {
  readonly mistakes?: readonly Mistake[];
  /** Files that are loaded instead of others: absolute path by path within `src`, or by specifier. */
  readonly standIns?: Readonly<Record<string, string>>;
}

/**
 * Loads a module of `src`.
 *
 * @param entry Path within `src`, or an absolute one of a module that imports from there.
 * @throws {Error} When the text of a mistake is not in its file once, or its file is not loaded at all.
 */
export async function loadSource<T>(entry: string, differences: Differences): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "isthmus-model-"));
  try {
    const copier = new Copier(directory, differences);
    const path = copier.place(resolve(SOURCE, entry));
    copier.checkMistakes();
    return (await import(path)) as T;
  } finally {
    removeTree(directory);
  }
}

/** Loads a module of `src` with one mistake in it. */
export function mutate<T>(file: string, [from, to]: Change): Promise<T> {
  return loadSource<T>(file, { mistakes: [{ file, from, to }] });
}

class Copier {
  readonly #directory: string;
  readonly #mistakes: readonly Mistake[];
  readonly #made = new Set<Mistake>();
  readonly #standIns: ReadonlyMap<string, string>;
  readonly #places = new Map<string, string>();
  readonly #transpiler = new Bun.Transpiler({ loader: "ts" });

  constructor(directory: string, { mistakes = [], standIns = {} }: Differences) {
    this.#directory = directory;
    this.#mistakes = mistakes;
    const entries = Object.entries(standIns).map(
      ([name, path]) => [name.endsWith(".ts") ? join(SOURCE, name) : name, path] as const,
    );
    this.#standIns = new Map(entries);
  }

  /** Where a file is to be loaded from. */
  place(path: string): string {
    const known = this.#standIns.get(path) ?? this.#places.get(path);
    if (known !== undefined) return known;
    const original = readFileSync(path, "utf8");
    const mistaken = this.#mistake(path, original);
    const source = this.#redirect(path, mistaken);
    if (source === original) {
      this.#places.set(path, path);
      return path;
    }
    const place = join(this.#directory, `${this.#places.size}-${basename(path)}`);
    writeFileSync(place, this.#anchor(path, source));
    this.#places.set(path, place);
    return place;
  }

  checkMistakes(): void {
    for (const mistake of this.#mistakes) {
      if (!this.#made.has(mistake)) throw new Error(`${mistake.file} is not loaded`);
    }
  }

  #mistake(path: string, original: string): string {
    let source = original;
    for (const mistake of this.#mistakes) {
      if (join(SOURCE, mistake.file) !== path) continue;
      const parts = source.split(mistake.from);
      // A mistake that no longer applies would test nothing.
      if (parts.length !== 2) {
        throw new Error(`"${mistake.from}" is ${parts.length - 1} times in ${mistake.file}`);
      }
      source = parts.join(mistake.to);
      this.#made.add(mistake);
    }
    return source;
  }

  /** Leads imports to where they are loaded from, where that is not the original. */
  #redirect(path: string, source: string): string {
    let redirected = source;
    for (const { path: specifier } of this.#transpiler.scanImports(source)) {
      const standIn = this.#standIns.get(specifier);
      const target = specifier.startsWith(".") ? join(dirname(path), specifier) : undefined;
      const place = standIn ?? (target === undefined ? undefined : this.place(target));
      if (place === undefined || place === target) continue;
      redirected = redirected.replaceAll(`"${specifier}"`, JSON.stringify(place));
    }
    return redirected;
  }

  /** Makes the imports of a copy independent of where it is. */
  #anchor(path: string, source: string): string {
    let anchored = source;
    for (const { path: specifier } of this.#transpiler.scanImports(source)) {
      if (isAbsolute(specifier) || specifier.startsWith("node:")) continue;
      const target = Bun.resolveSync(specifier, dirname(path));
      anchored = anchored.replaceAll(`"${specifier}"`, JSON.stringify(target));
    }
    return anchored;
  }
}
