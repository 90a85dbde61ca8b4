/**
 * Content as a map.
 *
 * @module
 */
import { MemoryMappedFile } from "../../src/index.ts";

/** Anonymous memory that holds the given bytes, or the text as UTF-8. */
export function memoryOf(content: Uint8Array | string): MemoryMappedFile {
  const bytes = Buffer.from(content as string);
  const memory = MemoryMappedFile.createNew(null, bytes.length);
  using view = memory.createViewAccessor();
  view.bytes().set(bytes);
  return memory;
}
