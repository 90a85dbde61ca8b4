/**
 * The ways to say which file is meant.
 *
 * @module
 */
import { statSync } from "node:fs";
import { checkInteger, invalidType, invalidValue } from "./validate.ts";

/** A file to map: a path, a `file:` URL, a `Bun.file`, an open descriptor, or an object that has one. */
export type FileReference = string | URL | Blob | number | { readonly fd: number };

/**
 * Finds out which file is meant.
 *
 * @returns Its path, or an open descriptor.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for what is no file, `ERR_INVALID_ARG_VALUE` for one that cannot be mapped,
 * and for a part of a `Bun.file`.
 */
export function resolveReference(file: FileReference): string | number {
  if (typeof file === "number") return checkInteger("file", file, 0, 0x7fff_ffff);
  if (typeof file === "string") return checkPath(file);
  if (file instanceof URL) return checkPath(pathOfUrl(file));
  if (file instanceof Blob) {
    const { name } = file as Blob & { readonly name?: string };
    // Files in memory and on S3 have names too, which are not paths here.
    const isElsewhere = file instanceof File || "bucket" in file;
    if (!isElsewhere && typeof name === "string") return checkWhole(file, checkPath(name));
    throw invalidValue("file", "a Bun.file with a path (pass a descriptor itself)", file);
  }
  if (typeof file === "object" && file !== null && typeof file.fd === "number") {
    return checkInteger("file.fd", file.fd, 0, 0x7fff_ffff);
  }
  throw invalidType("file", "a path, a file: URL, a Bun.file or a file descriptor", file);
}

/**
 * Files that were found to be whole: asking one for its size makes Bun keep that size, so that it would look like a part
 * when it has grown.
 */
const WHOLE = new WeakSet<Blob>();

/**
 * Refuses a part of a `Bun.file`, which has the name of the whole and does not tell where it begins.
 *
 * @returns The path.
 */
function checkWhole(file: Blob, path: string): string {
  if (WHOLE.has(file)) return path;
  const fileBytes = lengthOf(path);
  // biome-ignore lint/style/noRestrictedGlobals: only Bun has such a file
  const { inspect } = Bun;
  // Only a part that begins later has this line. The size is asked of a copy: asked itself, the file would be read up to
  // there only from then on.
  const isLater = /^\s*offset: [1-9]/m.test(inspect(file).replace(path, ""));
  if (isLater || (fileBytes > 0 && file.slice().size < fileBytes)) {
    throw invalidValue(
      "file",
      "a whole Bun.file, not a part (pass its path, and offset and size to createViewAccessor) or one whose size was read before the file grew",
      file,
    );
  }
  WHOLE.add(file);
  return path;
}

/** The length of a file; 0 of one that cannot be looked at: opening it says why. */
function lengthOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function pathOfUrl(url: URL): string {
  try {
    return process.getBuiltinModule("node:url").fileURLToPath(url);
  } catch {
    throw invalidValue("file", "a file: URL with a path on this computer", url.href);
  }
}

/**
 * Checks that a string can be a path, and returns it.
 *
 * @param path The string.
 * @param name The argument's name, for the message.
 * @throws {TypeError} `ERR_INVALID_ARG_VALUE`
 */
export function checkPath(path: string, name = "file"): string {
  if (path === "") throw invalidValue(name, "a path that is not empty", path);
  if (path.includes("\0")) throw invalidValue(name, "a path without a NUL character", path);
  return path;
}
