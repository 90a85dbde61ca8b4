/**
 * Getting bytes into the memory of a kernel: read from their file, or copied from its mapping.
 *
 * @module
 */

/** Copies bytes, from the one at an index on, into all of `into`. */
export type CopyBytes = (at: number, into: Uint8Array) => void;

/** Where mapped bytes can be read, too; can be sent to Workers. */
export interface ReadPlace {
  /** The open file. */
  readonly fd: number;
  /** Where the first byte is in it. */
  readonly position: number;
}

/** `readSync` of `node:fs`, as far as it is used here. */
type ReadSync = (
  fd: number,
  into: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => number;

/**
 * Makes the copier of some bytes. What cannot be read is copied from the mapping, which finds out why. Sent to Workers as text,
 * too: it may use nothing but its arguments.
 *
 * @param bytes The bytes, mapped.
 * @param place Where they can be read; undefined where they cannot.
 * @param readSync Reads them.
 * @param onShort Called before the mapping of a file that ended too soon is looked at; may throw.
 */
export function copierOf(
  bytes: Uint8Array,
  place?: ReadPlace,
  readSync?: ReadSync,
  onShort?: () => void,
): CopyBytes {
  let isReading = place !== undefined;
  const read = (at: number, into: Uint8Array): boolean => {
    const { fd, position } = place as ReadPlace;
    try {
      return readSync?.(fd, into, 0, into.length, position + at) === into.length;
    } catch {
      return false;
    }
  };
  return (at, into) => {
    if (isReading) {
      isReading = read(at, into);
      if (isReading) return;
      onShort?.();
    }
    into.set(bytes.subarray(at, at + into.length));
  };
}
