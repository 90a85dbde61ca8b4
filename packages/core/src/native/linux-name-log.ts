/**
 * What happens to the names in directories, by inotify(7): in order, with both halves of every move.
 *
 * @module
 */
import { constants } from "node:os";
import { systemError } from "./errno.ts";
import type { Libc } from "./libc.ts";
import type { NameChange, NameLog } from "./platform-interface.ts";
import { engine } from "./runtime.ts";

const IN_MOVED_FROM = 0x40;
const IN_MOVED_TO = 0x80;
const IN_CREATE = 0x100;
const IN_DELETE = 0x200;
const IN_ONLYDIR = 0x0100_0000;
const IN_Q_OVERFLOW = 0x4000;
const IN_IGNORED = 0x8000;
/** `O_NONBLOCK` and `O_CLOEXEC`: Linux gives them the same values on x64 and arm64. */
const NONBLOCK_CLOEXEC = 0x80800;

const TYPES: Readonly<Record<number, NameChange["type"] | undefined>> = {
  [IN_MOVED_FROM]: "left",
  [IN_MOVED_TO]: "came",
  [IN_CREATE]: "made",
  [IN_DELETE]: "deleted",
};
const WATCHED = IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE;

/** struct inotify_event: watch i32 at 0, mask u32 at 4, cookie u32 at 8, length of the name u32 at 12, name at 16. */
const EVENT = { watch: 0, mask: 4, cookie: 8, length: 12, name: 16 } as const;

/** Larger than any event: a name has 255 bytes at most. */
const READ_BYTES = 1 << 16;

/** As many changes as the system itself keeps (`max_queued_events`). */
const CHANGES_MAX = 16_384;

/** One follower of a directory: what it has not taken yet. */
interface Log {
  changes: NameChange[];
  hasOverflowed: boolean;
}

/** Makes logs of directories. All of a thread share one instance of inotify: a user has but 128 of them. */
export function linuxNameLogs(libc: Libc): (directory: string) => NameLog | undefined {
  const { call } = libc;
  const logs = new Map<number, Set<Log>>();
  let fd: number | undefined;

  const receive = (): void => {
    const buffer = Buffer.from(new ArrayBuffer(READ_BYTES));
    for (
      let count = readEvents(libc, fd, buffer);
      count > 0;
      count = readEvents(libc, fd, buffer)
    ) {
      for (let at = 0; at < count; ) {
        const length = buffer.readUInt32LE(at + EVENT.length);
        distribute(buffer, at, length);
        at += EVENT.name + length;
      }
    }
  };

  const distribute = (buffer: Buffer, at: number, length: number): void => {
    const mask = buffer.readUInt32LE(at + EVENT.mask);
    const watch = buffer.readInt32LE(at + EVENT.watch);
    if (mask & IN_Q_OVERFLOW) for (const all of logs.values()) all.forEach(overflow);
    if (mask & IN_IGNORED) logs.delete(watch);
    const type = TYPES[mask & WATCHED];
    if (type === undefined) return;
    const start = at + EVENT.name;
    const name = buffer.toString("utf8", start, buffer.indexOf(0, start));
    const change = { type, name, move: buffer.readUInt32LE(at + EVENT.cookie) };
    for (const log of (length > 0 && logs.get(watch)) || []) {
      if (log.changes.push(change) > CHANGES_MAX) overflow(log);
    }
  };

  return (directory) => {
    if (fd === undefined) {
      const made = call.inotify_init1(NONBLOCK_CLOEXEC);
      // Out of instances or descriptors: it can be done without.
      if (made < 0) return undefined;
      fd = made;
    }
    const watch = call.inotify_add_watch(fd, directory, WATCHED | IN_ONLYDIR);
    if (watch < 0) throw systemError(`watch "${directory}"`, "inotify_add_watch", libc.errno());
    const log: Log = { changes: [], hasOverflowed: false };
    // What happened before belongs to those who have watched before.
    receive();
    const all = logs.get(watch) ?? new Set();
    logs.set(watch, all.add(log));
    return {
      take: () => {
        receive();
        const { changes, hasOverflowed } = log;
        log.changes = [];
        log.hasOverflowed = false;
        return hasOverflowed ? undefined : changes;
      },
      close: () => {
        all.delete(log);
        if (all.size > 0 || logs.get(watch) !== all || fd === undefined) return;
        logs.delete(watch);
        call.inotify_rm_watch(fd, watch);
      },
    };
  };
}

function overflow(log: Log): void {
  log.changes = [];
  log.hasOverflowed = true;
}

/** Reads what there is; 0 when there is nothing. Not by `node:fs`, which on Deno knows no descriptor but its own. */
function readEvents({ call, errno }: Libc, fd: number | undefined, buffer: Buffer): number {
  if (fd === undefined) return 0;
  // SAFETY: the kernel writes into the buffer, which the caller keeps.
  const count = call.read(fd, engine.addressOf(buffer), buffer.length);
  if (count >= 0) return count;
  const error = errno();
  if (error === constants.errno.EAGAIN) return 0;
  throw systemError("read what happened in a directory", "read", error);
}
