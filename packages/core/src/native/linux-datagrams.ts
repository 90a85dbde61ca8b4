/**
 * Unix datagram sockets that are found by a path, unix(7): many write, one reads, and each datagram stays whole.
 *
 * @module
 */
import { chmodSync, closeSync } from "node:fs";
import type { Libc } from "./libc.ts";
import type { DatagramCalls } from "./platform-interface.ts";
import { engine } from "./runtime.ts";

const AF_UNIX = 1;
/** `SOCK_DGRAM`, `SOCK_NONBLOCK` and `SOCK_CLOEXEC`: Linux gives them the same values on x64 and arm64. */
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 0x80802;

/** struct sockaddr_un: family u16 at 0, path at 2, up to its zero byte. */
const PATH_OFFSET = 2;
const PATH_BYTES = 108;

type WithAddress = "bind" | "connect";

/** Makes the calls on datagram sockets. */
export function linuxDatagrams(libc: Libc): DatagramCalls {
  const { call } = libc;
  const open = (path: string, action: WithAddress): number | undefined => {
    const bytes = new TextEncoder().encode(path);
    if (bytes.length >= PATH_BYTES) return undefined;
    const name = new Uint8Array(new ArrayBuffer(PATH_OFFSET + PATH_BYTES));
    name[0] = AF_UNIX;
    name.set(bytes, PATH_OFFSET);
    const fd = call.socket(AF_UNIX, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
    if (fd < 0) return undefined;
    // SAFETY: the kernel copies the address during the call; `name` is used after it.
    const result = call[action](fd, engine.addressOf(name), PATH_OFFSET + bytes.length + 1);
    if (result === 0 && name.length > 0) return fd;
    closeSync(fd);
    return undefined;
  };
  return {
    bind: (path) => {
      const fd = open(path, "bind");
      if (fd !== undefined) chmodSync(path, 0o600);
      return fd;
    },
    connect: (path) => open(path, "connect"),
  };
}
