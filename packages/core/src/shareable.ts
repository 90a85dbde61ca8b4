/**
 * Handing mapped memory to another thread.
 *
 * @module
 */
import { NotSupportedError } from "./errors.ts";
import { Mapping, type MappingRequest } from "./mapping.ts";
import { platform } from "./native/platform.ts";

/**
 * Maps a range once more, in a buffer that whoever has it owns.
 *
 * @param request What to map.
 * @throws {NotSupportedError} Where the runtime has no buffers that own their memory.
 */
export function shareableBytes(request: MappingRequest): Uint8Array<ArrayBuffer> {
  if (platform().ownedBuffer === undefined) {
    throw new NotSupportedError("Cannot hand memory to a Worker: this runtime's buffers own none");
  }
  // Not disposed: the memory is the buffer's, and goes with it, on whichever thread that is.
  return new Mapping(request).bytes(0, request.lengthBytes);
}
