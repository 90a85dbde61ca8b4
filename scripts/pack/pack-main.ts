/**
 * `bun run pack`: the tarballs of all packages in `dist/`.
 *
 * @module
 */
import { join, relative } from "node:path";
import { packAll } from "./pack.ts";
import { ROOT } from "./shipped.ts";

for (const { name, version, tarball } of await packAll(join(ROOT, "dist"))) {
  const kibibytes = Math.ceil(Bun.file(tarball).size / 1024);
  console.log(`${name} ${version}: ${relative(ROOT, tarball)}, ${kibibytes} KiB`);
}
