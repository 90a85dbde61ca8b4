/**
 * `bun run release VERSION`: does everything for a release but the upload, and says what is left to do.
 *
 * Refuses a work tree with changes and a changelog without news; sets the version everywhere; dates the changelog;
 * packs; tests the packages; commits and tags.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packAll } from "./pack/pack.ts";
import { ROOT } from "./pack/shipped.ts";

const CHANGELOG = join(ROOT, "CHANGELOG.md");
const NEWS = /^## \[Unreleased\]\n+(?=### )/m;

function run(...command: string[]): string {
  const { exitCode, stdout } = Bun.spawnSync(command, { cwd: ROOT, stderr: "inherit" });
  if (exitCode !== 0) throw new Error(`"${command.join(" ")}" ended with ${exitCode}`);
  return stdout.toString();
}

/** Sets the version of every package of the workspace: they are released together. */
function setVersions(version: string): void {
  const manifests = new Bun.Glob("{packages,apps}/*/package.json");
  for (const path of manifests.scanSync({ cwd: ROOT, absolute: true })) {
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/^( {2}"version": )"[^"]*"/m, `$1"${version}"`));
  }
  run(process.execPath, "install");
}

const [version = ""] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version)) {
  throw new Error(`Cannot release ${JSON.stringify(version)}: say which version, as in 0.2.0`);
}
if (run("git", "status", "--porcelain") !== "") {
  throw new Error("Cannot release a work tree with changes: commit or remove them first");
}
const changelog = readFileSync(CHANGELOG, "utf8");
if (!NEWS.test(changelog)) {
  throw new Error("Cannot release nothing: CHANGELOG.md has no news under [Unreleased]");
}
run(process.execPath, "run", "ok");
setVersions(version);
const day = new Date().toISOString().slice(0, 10);
const dated = changelog.replace(NEWS, `## [Unreleased]\n\n## [${version}] - ${day}\n\n`);
writeFileSync(CHANGELOG, dated);
run(process.execPath, "run", "test:packages");
const packed = await packAll(join(ROOT, "dist"));
run("git", "commit", "--all", "--message", `release: ${version}`);
run("git", "tag", `v${version}`);
console.log(`Version ${version} is committed, tagged and packed. What is left, in this order:\n`);
for (const { tarball } of packed) {
  console.log(`  npm publish --access public ${relative(ROOT, tarball)}`);
}
console.log("  git push --follow-tags");
