/**
 * Pipes that nobody else can open. Bun's own are sockets, which no program can open by names such as `/dev/stderr`, and
 * what is written to them goes through a stream.
 *
 * @module
 */
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { platform } from "@isthmus/core/internal";

/**
 * Makes a pipe, which has a path only while it is opened.
 *
 * @param directory Where that path is for the moment.
 * @param open Opens its ends.
 * @returns What `open` gave.
 */
export function privatePipe<T>(directory: string, open: (path: string) => T): T {
  const path = join(directory, `.pipe-${crypto.randomUUID()}`);
  platform().makeFifo(path);
  try {
    return open(path);
  } finally {
    unlinkSync(path);
  }
}
