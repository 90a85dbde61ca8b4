/**
 * A file system of two layers, as every container has one: files of the lower layer are copied when first written to.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isLinux, isRoot } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";

/** Mounted on a temporary directory until the test ends. */
export class Overlay implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly path: string = this.#directory.file("merged");

  /**
   * @param content What is in the lower layer: the bytes of each file by its name.
   * @param option As `mount -o` takes it, beside those that name the layers.
   * @throws {Error} Where it cannot be mounted.
   */
  constructor(content: Readonly<Record<string, string | Uint8Array>> = {}, option = "rw") {
    const layers = ["lower", "upper", "work", "merged"].map((name) => this.#directory.file(name));
    for (const layer of layers) mkdirSync(layer);
    const [lower = "", upper, work] = layers;
    for (const [name, bytes] of Object.entries(content)) writeFileSync(join(lower, name), bytes);
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work},${option}`;
    const mount = ["mount", "-t", "overlay", "isthmus-test", "-o", options, this.path];
    const { exitCode, stderr } = Bun.spawnSync(mount);
    if (exitCode === 0) return;
    this.#directory[Symbol.dispose]();
    throw new Error(`Cannot mount an overlay: ${stderr}`);
  }

  /** The path of a file on it. */
  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    Bun.spawnSync(["umount", "--lazy", this.path]);
    this.#directory[Symbol.dispose]();
  }
}

function tryToMount(): boolean {
  if (!isLinux || !isRoot) return false;
  try {
    new Overlay()[Symbol.dispose]();
    return true;
  } catch {
    return false; // no permission, or no such file system
  }
}

/** Whether this process may mount one; asked once, when a test file loads. */
export const canMountOverlay: boolean = tryToMount();
