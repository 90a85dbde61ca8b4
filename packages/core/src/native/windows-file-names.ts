/**
 * How files get their names on Windows and lose them, and which file a name leads to.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { GONE } from "./gone-name.ts";
import type { FileIdentity, FileNames } from "./platform-interface.ts";
import { engine } from "./runtime.ts";
import {
  ACCESS,
  closeHandle,
  type Handle,
  handleOf,
  nativePath,
  OPTION,
  openHandle,
  setInformation,
  tryOpenHandle,
} from "./windows-handles.ts";
import {
  checkStatus,
  fileStatus,
  Scratch,
  STATUS,
  status,
  statusError,
  succeeded,
  systemLibrary,
  wide,
} from "./windows-system.ts";

interface NameFunctions {
  NtQueryDirectoryFile(
    directory: number,
    event: number,
    routine: number,
    context: number,
    result: number,
    into: number,
    bytes: number,
    kind: number,
    isSingle: number,
    name: number,
    isFromStart: number,
  ): number;
  NtQueryInformationFile(
    file: number,
    result: number,
    into: number,
    bytes: number,
    kind: number,
  ): number;
}

const native = systemLibrary<NameFunctions>("ntdll.dll", {
  NtQueryDirectoryFile: fileStatus("pointer", "u32", "u32", "u32", "pointer", "u32"),
  NtQueryInformationFile: status("i64", "pointer", "pointer", "u32", "u32"),
});

const INTERNAL_INFORMATION = 6; // FileInternalInformation
const RENAME_INFORMATION = 10; // FileRenameInformation
const ID_BOTH_DIRECTORY_INFORMATION = 37; // FileIdBothDirectoryInformation

/** FILE_RENAME_INFORMATION: replaces u8 at 0, root u64 at 8, length of the name in bytes u32 at 16, name from 20 on. */
const RENAME = { length: 16, name: 20 } as const;

/** FILE_ID_BOTH_DIR_INFORMATION: number of the file u64 at 96, then its name, of 255 characters at most. */
const ENTRY = { id: 96, bytes: 104 + 512 } as const;

/** What is said of a path that leads to nothing. */
const MISSING: ReadonlySet<number> = new Set([
  STATUS.noSuchFile,
  STATUS.objectNameNotFound,
  STATUS.objectPathNotFound,
  STATUS.notDirectory,
]);

/** Makes the calls on names. */
export function fileNames(): FileNames {
  const entry = new DataView(new ArrayBuffer(ENTRY.bytes));
  const scratch = new Scratch();
  return {
    identify: (fd) => identify(scratch, handleOf(fd)),
    lookUp: (path) => lookUp(scratch, entry, path),
    publish: rename,
    // A file that is open keeps its name until it is closed, and one that is mapped cannot be removed, but by who opens it so
    // that it goes when it is closed. So it gets another name first: its own is free at once, and if it stays for whatever
    // reason, it is what a crash might have left.
    remove: (path) => {
      const gone = join(dirname(path), `${GONE}${crypto.randomUUID()}`);
      rename(path, gone);
      const file = tryOpenHandle({
        file: gone,
        access: ACCESS.delete,
        options: OPTION.openLink | OPTION.deleteOnClose,
      });
      if (file >= 0) closeHandle(file as Handle);
    },
  };
}

/** The number of a file, of 64 bits. It is of one volume; to ask which one takes much longer. */
function identify(scratch: Scratch, file: Handle): FileIdentity {
  const into = scratch.address + 16;
  // SAFETY: the call writes an IO_STATUS_BLOCK and one 64-bit number into this room's own memory.
  const result = native().call.NtQueryInformationFile(
    file,
    scratch.address,
    into,
    8,
    INTERNAL_INFORMATION,
  );
  checkStatus("look up a file", "NtQueryInformationFile", result);
  return { dev: 0, ino: scratch.view.getBigUint64(16, true) };
}

/**
 * Asks the directory for the number of a file. The file is not opened for it: Wine keeps a descriptor for every time that a
 * file is closed on which there is a lock, until there is none.
 */
function lookUp(scratch: Scratch, entry: DataView, path: string): FileIdentity | undefined {
  const directory = tryOpenHandle({
    file: dirname(path),
    access: ACCESS.readData,
    options: OPTION.directory,
  });
  if (directory < 0) return missing(directory, "NtCreateFile", path);
  try {
    const name = wide(basename(path));
    const { address } = scratch;
    // SAFETY: all addresses are those of this room's own memory, in use until the call has returned.
    const result = native().call.NtQueryDirectoryFile(
      directory,
      0,
      0,
      0,
      address,
      engine.addressOf(entry),
      ENTRY.bytes,
      ID_BOTH_DIRECTORY_INFORMATION,
      1,
      scratch.putText(64, name),
      1,
    );
    if (name.length === 0 || !succeeded(result))
      return missing(result, "NtQueryDirectoryFile", path);
    return { dev: 0, ino: entry.getBigUint64(ENTRY.id, true) };
  } finally {
    closeHandle(directory as Handle);
  }
}

/** Undefined where there is nothing at a path; throws what else was the matter. */
function missing(result: number, syscall: string, path: string): undefined {
  if (MISSING.has(result >>> 0)) return undefined;
  throw statusError(`look up "${path}"`, syscall, result, path);
}

/** Gives a file another name, unless that is taken. Who has it open keeps it. */
function rename(from: string, to: string): void {
  const attempt = `rename "${from}" to "${to}"`;
  const name = wide(nativePath(to));
  const information = new Uint8Array(new ArrayBuffer(RENAME.name + name.length));
  new DataView(information.buffer).setUint32(RENAME.length, name.length - 2, true);
  information.set(name, RENAME.name);
  const file = openHandle(
    { file: from, access: ACCESS.delete, options: OPTION.openLink | OPTION.notDirectory },
    attempt,
  );
  try {
    const at = engine.addressOf(information);
    const result = setInformation(file, at, information.length, RENAME_INFORMATION);
    checkStatus(attempt, "NtSetInformationFile", result, information.length > 0 ? to : undefined);
  } finally {
    closeHandle(file);
  }
}
