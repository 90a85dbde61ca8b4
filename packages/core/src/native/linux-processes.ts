/**
 * What Linux tells of other processes, in `/proc`.
 *
 * @module
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { OpenFile, ProcessCalls } from "./platform-interface.ts";

const DELETED = " (deleted)";
const OWNER_MAY_WRITE = 0o200;

/** What is asked of `/proc`. */
export const linuxProcesses: ProcessCalls = {
  processState: (pid) => {
    const fields = statOf(pid);
    const startTicks = Number(fields[19]);
    if (!(startTicks > 0)) return undefined;
    return { startTicks, isStopped: /^[Tt]$/.test(fields[0] as string) };
  },
  openFilesIn: (directory) => {
    const pids = entriesOf("/proc").map(Number).filter(Number.isInteger);
    return pids.flatMap((pid) =>
      entriesOf(`/proc/${pid}/fd`).flatMap((fd) => openFile(pid, fd, directory) ?? []),
    );
  },
};

/** The third and all further fields of `/proc/<pid>/stat`; none where it cannot be read. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses and may itself contain any of them.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

function openFile(pid: number, fd: string, directory: string): OpenFile | undefined {
  const link = `/proc/${pid}/fd/${fd}`;
  try {
    const target = readlinkSync(link);
    if (dirname(target) !== directory) return undefined;
    if ((lstatSync(link).mode & OWNER_MAY_WRITE) === 0 || !statSync(link).isFile())
      return undefined;
    const isRemoved = target.endsWith(DELETED);
    return { pid, link, isRemoved, path: isRemoved ? target.slice(0, -DELETED.length) : target };
  } catch {
    return undefined; // closed in the meantime
  }
}

function entriesOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // a process of another user, or one that has ended; or no /proc here
  }
}
