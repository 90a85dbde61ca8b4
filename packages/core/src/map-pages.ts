/**
 * Mapping a range of a file as an access word wants it.
 *
 * @module
 */
import { type MemoryAccess, mapInAnyWay } from "./access.ts";
import type { Backing } from "./backing.ts";
import { Mapping, type MappingRequest } from "./mapping.ts";

/** Maps a range of a map, in bytes from its offset 0. */
export function mapView(
  backing: Backing,
  offset: number,
  size: number,
  access: MemoryAccess,
): Mapping {
  const { fd, path, baseOffset } = backing;
  return mapPages({ fd, path, offsetBytes: baseOffset + offset, lengthBytes: size }, access);
}

/** Maps a range of an open file as an access word wants it. */
export function mapPages(
  range: Omit<MappingRequest, "protection" | "sharing">,
  access: MemoryAccess,
): Mapping {
  return mapInAnyWay(access, (way) => new Mapping({ ...range, ...way }));
}
