/**
 * File systems that do not tell a watcher of every change.
 *
 * @module
 */
import { statfsSync } from "node:fs";

/** By the number that `statfs` gives on Linux (linux/magic.h): changes come from elsewhere, or to another inode. */
const DEAF: Readonly<Record<number, string>> = {
  2035054128: "overlayfs",
  26985: "NFS",
  20859: "SMB",
  4283649346: "SMB",
  4266872130: "SMB",
  1702057286: "FUSE",
  16914839: "9p",
  12805120: "Ceph",
  1397113167: "AFS",
};

/** The name of a directory's file system when it does not tell of every change; undefined when it does. */
export function fileSystemOf(directory: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  const { type } = statfsSync(directory);
  return DEAF[type >>> 0];
}
