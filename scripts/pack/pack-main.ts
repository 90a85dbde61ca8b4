/**
 * `bun run pack`: the tarballs of all packages in `dist/`.
 *
 * @module
 */
import { join, relative } from "node:path";
import { packAll } from "./pack.ts";
import { ROOT } from "./shipped.ts";

for (const { name, version, tarball } of await packAll(join(ROOT, "dist"))) {
  const kilobytes = Math.ceil(Bun.file(tarball).size / 1000);
  console.log(`${name} ${version}: ${relative(ROOT, tarball)}, ${kilobytes} kB`);
}
