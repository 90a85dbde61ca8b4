/**
 * The `package.json` of a package as it is shipped.
 *
 * @module
 */
import { basename } from "node:path";
import type { ShippedPackage } from "./shipped.ts";

/** The part of a `package.json` that matters here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** What is only of use in the workspace. */
const WORKSPACE_FIELDS = ["exports", "bin", "scripts", "dependencies", "devDependencies"];
/** The version of a library from outside: the root's manifest says which one. */
const CATALOG = "catalog:";
/** Where the man pages of commands are. */
export const MAN = "man";
/** What bundles for browsers get for a package: an error in words. */
export const UNSUPPORTED = "unsupported.js";

/**
 * Makes the manifest.
 *
 * @param source The manifest in the workspace.
 * @param shipped What the package has.
 * @param versions The versions of the workspace's packages, by name.
 * @param catalog The versions of libraries from outside, by name.
 * @returns The manifest, without anything that leads into the workspace.
 */
export function shippedManifest(
  source: Manifest,
  { entries, isCommand }: ShippedPackage,
  versions: ReadonlyMap<string, string>,
  catalog: ReadonlyMap<string, string>,
): Manifest {
  const kept = Object.entries(source).filter(([field]) => !WORKSPACE_FIELDS.includes(field));
  const manifest = { ...Object.fromEntries(kept), name: source.name, version: source.version };
  if (isCommand) {
    const bin = Object.keys(entries).map((name) => [name, `./dist/${name}.js`]);
    return {
      ...manifest,
      bin: Object.fromEntries(bin),
      exports: { "./package.json": "./package.json" },
      man: Object.keys(entries).map((name) => `./${MAN}/${name}.1`),
      files: ["dist", MAN],
    };
  }
  // Siblings are peers, for a program has one copy of each: what one of them has mapped, the other works on.
  const needed = Object.entries(source.dependencies ?? {});
  const isOutside = ([, version]: readonly [string, string]) => version === CATALOG;
  const peers = needed
    .filter((each) => !isOutside(each))
    .map(([name]) => versioned(name, versions));
  const outside = needed.filter(isOutside).map(([name]) => versioned(name, catalog));
  const exported = Object.entries(entries).map(([name, path]) => {
    const types = `./dist/types/${bundleOf(path)}.d.ts`;
    const main = `./dist/${bundleOf(path)}.js`;
    return [name, { types, browser: `./dist/${UNSUPPORTED}`, default: main }];
  });
  return {
    ...manifest,
    types: "./dist/types/index.d.ts",
    exports: { ...Object.fromEntries(exported), "./package.json": "./package.json" },
    sideEffects: [`./dist/${UNSUPPORTED}`],
    files: ["dist"],
    ...(peers.length > 0 && { peerDependencies: Object.fromEntries(peers) }),
    ...(outside.length > 0 && { dependencies: Object.fromEntries(outside) }),
  };
}

function bundleOf(path: string): string {
  return basename(path, ".ts");
}

/** Exactly the version that was built with it, also of siblings: packages of one project use each other's insides. */
function versioned(name: string, versions: ReadonlyMap<string, string>): [string, string] {
  const version = versions.get(name);
  if (version === undefined) throw new Error(`"${name}" is not shipped, but a package needs it`);
  return [name, version];
}
