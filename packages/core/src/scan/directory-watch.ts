/**
 * Hearing of changes to a file by its directory: who watches the file itself goes on watching it when its name leads elsewhere.
 *
 * @module
 */
import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { fromNodeError } from "../native/errno.ts";
import { fileSystemOf } from "../native/file-system.ts";
import { linkTarget } from "../open-path.ts";

/** How often to look where the system does not tell, in milliseconds. */
const LOOK_MS = 1000;

/** How many links one may lead to, as on Linux. */
const LINKS_MAX = 40;

/** Watches the directory of a path, and where that is a symbolic link, those of all that it leads to. */
export class DirectoryWatch implements Disposable {
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #onLook: () => void;
  readonly #watchers = new Map<string, FSWatcher | undefined>();
  /** Those of the last look: somebody may still write to what the path led to then. */
  #last: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /**
   * Begins to watch.
   *
   * @param onChange Called when something has changed there.
   * @param onLook Called when something may have.
   * @throws {SystemError} `ENOENT`, `EACCES`, … when the directory of the path cannot be watched.
   */
  constructor(path: string, onChange: () => void, onLook: () => void) {
    this.#path = path;
    this.#onChange = onChange;
    this.#onLook = onLook;
    try {
      this.#watch(dirname(path));
    } catch (error) {
      throw fromNodeError(error, `watch "${dirname(path)}"`);
    }
    this.update();
  }

  /** Takes in where the path leads now; to be called before each look. */
  update(): void {
    const before = this.#last;
    const directories = directoriesOf(this.#path);
    this.#last = directories;
    for (const directory of directories) {
      if (this.#watchers.get(directory) !== undefined) continue;
      try {
        this.#watch(directory);
      } catch {
        // It is not there yet, or may not be read.
        this.#watchers.set(directory, undefined);
        this.#poll("in a directory that cannot be watched");
      }
    }
    if (directories.join("\0") === before.join("\0")) return;
    for (const [directory, watcher] of this.#watchers) {
      if (directories.includes(directory) || before.includes(directory)) continue;
      watcher?.close();
      this.#watchers.delete(directory);
    }
    // Links may have been changed before their directories were watched.
    this.update();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const watcher of this.#watchers.values()) watcher?.close();
  }

  #watch(directory: string): void {
    const watcher = watch(directory, this.#onChange);
    watcher.on("error", this.#onLook);
    this.#watchers.set(directory, watcher);
    const deaf = fileSystemOf(directory);
    if (deaf !== undefined) this.#poll(`on ${deaf}, which does not tell of all changes`);
  }

  #poll(reason: string): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(this.#onLook, LOOK_MS);
    process.emitWarning(`"${this.#path}" is ${reason}: it is looked at once a second`, {
      code: "ISTHMUS_FOLLOW_POLLS",
    });
  }
}

/** The directories of a path and of what it is a link to, and that in turn. */
function directoriesOf(path: string): string[] {
  const directories = [dirname(path)];
  let target = linkTarget(path);
  for (let links = 0; target !== undefined && links < LINKS_MAX; links++) {
    directories.push(dirname(target));
    target = linkTarget(target);
  }
  return directories;
}
