/**
 * Segments that are held and cannot be opened any more: their name leads elsewhere.
 *
 * Nothing in the directory tells of them. But the kernel says which files a process has open, with the path that they
 * had or still have (Linux, `/proc/<pid>/fd`); who holds a segment has it open for writing. Of a directory that was
 * renamed as a whole it tells the new path, so that its segments are found only there.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  decodeSuperblock,
  directoryPath,
  HIDDEN_PREFIX,
  host,
  type OpenFile,
  platform,
  readHead,
  Trail,
} from "@isthmus/core/internal";
import { readOpenSegment } from "./observe.ts";
import type { SegmentInfo } from "./segment-info.ts";

/** How long a holder takes to close a file whose name it has removed, in milliseconds. */
const CLOSING_MS = 5;

/** A segment that nobody can open any more, and who holds it. */
export interface UnreachableSegment extends SegmentInfo {
  /** Processes that have it open, in order, as this process's system numbers them. */
  readonly holderPids: readonly number[];
}

/** A segment's file to which its name does not lead. */
interface LostFile {
  readonly file: OpenFile;
  /** The path that should lead to it. */
  readonly path: string;
  /** Which file it is. */
  readonly key: string;
}

/**
 * Finds what processes of this user hold although its name leads elsewhere: the file, or the whole directory, was
 * removed, replaced or mounted over while they held it. Who opens such a name makes another one, and two
 * may hold what only one should. It reads only, and takes as long as there are open files: milliseconds.
 *
 * @returns One entry for each, in the order of their names. None where the system does not tell (Linux does, of the
 * processes that are seen from here).
 *
 * @example Who has to open a name anew?
 * ```ts
 * import { listUnreachable } from "@isthmus/ipc";
 *
 * for (const { name, holderPids } of listUnreachable()) console.log(name, holderPids);
 * ```
 */
export function listUnreachable(): UnreachableSegment[] {
  const directory = realPath(directoryPath());
  const found = platform()
    .openFilesIn(directory)
    .filter((file) => !isBeingMade(file))
    .flatMap((file) => lostFile(file, directory) ?? []);
  if (found.length === 0) return [];
  // The last holder removes the name before it closes the file: that is no loss.
  host.sleep(CLOSING_MS);
  const lasting = found.filter(({ file, key }) => lostFile(file, directory)?.key === key);
  return [...Map.groupBy(lasting, ({ key }) => key).values()]
    .flatMap((files) => describe(files) ?? [])
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function describe(files: readonly LostFile[]): UnreachableSegment | undefined {
  const [{ file, path }] = files as [LostFile];
  const info = withFile(file.link, (fd) => readOpenSegment(fd, path, basename(path)));
  const pids = files.map((one) => one.file.pid).sort((one, two) => one - two);
  return info && { ...info, holderPids: [...new Set(pids)] };
}

/** Undefined for what is no segment, whose name leads to it, or that is closed by now. */
function lostFile(file: OpenFile, directory: string): LostFile | undefined {
  return withFile(file.link, (fd) => {
    const { dev, ino, size } = fstatSync(fd);
    // By its own word: the kernel knows it by the name under which it was made, which it has lost as it should.
    const { name } = decodeSuperblock(readHead(fd), size, file.link);
    const path = join(directory, name);
    if (new Trail(fd, path).lead === "held") return undefined;
    return { file, path, key: `${dev}:${ino}` };
  });
}

/** Looks at another process's file; undefined when it is closed by now, or is no segment. */
function withFile<T>(link: string, look: (fd: number) => T): T | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(link, constants.O_RDONLY | constants.O_NONBLOCK);
    return look(fd);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Whether a file is about to be made: it has a hidden name, and has not lost it. */
function isBeingMade({ path, isRemoved }: OpenFile): boolean {
  return !isRemoved && basename(path).startsWith(HIDDEN_PREFIX);
}

/** As the kernel tells paths: without links. The directory itself need not be there. */
function realPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
