/**
 * The directory of names on Windows, and how files get their names there and lose them.
 *
 * @module
 */
import { homedir } from "node:os";
import { dirname, join, toNamespacedPath } from "node:path";
import type { FileIdentity, FileNames, NameCalls } from "./platform-interface.ts";
import { engine } from "./runtime.ts";
import {
  ACCESS,
  closeHandle,
  type Handle,
  handleOf,
  OPTION,
  openHandle,
  tryOpenHandle,
} from "./windows-handles.ts";
import {
  checkStatus,
  Scratch,
  STATUS,
  status,
  statusError,
  systemLibrary,
} from "./windows-system.ts";

interface NameFunctions {
  NtQueryInformationFile(
    file: number,
    result: number,
    into: number,
    bytes: number,
    kind: number,
  ): number;
  NtSetInformationFile(
    file: number,
    result: number,
    information: number,
    bytes: number,
    kind: number,
  ): number;
}

const native = systemLibrary<NameFunctions>("ntdll.dll", {
  NtQueryInformationFile: status("i64", "pointer", "pointer", "u32", "u32"),
  NtSetInformationFile: status("i64", "pointer", "pointer", "u32", "u32"),
});

const INTERNAL_INFORMATION = 6; // FileInternalInformation
const RENAME_INFORMATION = 10; // FileRenameInformation

/** FILE_RENAME_INFORMATION: replaces u8 at 0, root u64 at 8, length of the name in bytes u32 at 16, name from 20 on. */
const RENAME = { length: 16, name: 20 } as const;

/** What the system takes for devices, whatever follows behind a dot. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: file names must not have them
const FORBIDDEN = /[<>:"|?*\u0000-\u001f]|[. ]$/;

/** The rules of the directory of names. */
export function nameCalls(): NameCalls {
  return {
    defaultDirectory: () => {
      const local = process.env["LOCALAPPDATA"];
      const parent =
        local === undefined || local === "" ? join(homedir(), "AppData", "Local") : local;
      return join(parent, "isthmus");
    },
    // Files have no owner and mode here. Who may write to a folder of a user's profile is the user alone.
    objectionTo: () => undefined,
    objectionToName: (name) => {
      if (DEVICE.test(name)) return "no name of a device, as CON and NUL are on Windows";
      if (!FORBIDDEN.test(name)) return undefined;
      return 'without <, >, :, ", |, ?, * and control characters, and must not end with a dot or a space, on Windows';
    },
    fileNames: fileNames(),
  };
}

function fileNames(): FileNames {
  return {
    identify: (fd) => identityOf(handleOf(fd)),
    lookUp: (path) => {
      const file = tryOpenHandle({
        file: path,
        access: ACCESS.readAttributes,
        options: OPTION.openLink,
      });
      if (file < 0) {
        if (MISSING.has(file >>> 0)) return undefined;
        throw statusError(`look up "${path}"`, "NtCreateFile", file, path);
      }
      try {
        return identityOf(file as Handle);
      } finally {
        closeHandle(file as Handle);
      }
    },
    rename,
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

/** How the names begin of files that have been removed and are still open. */
const GONE = ".gone-";

/** What is said of a path that leads to nothing, or to a file that nobody can open any more. */
const MISSING: ReadonlySet<number> = new Set([
  STATUS.objectNameNotFound,
  STATUS.objectPathNotFound,
  STATUS.deletePending,
]);

/** The number of a file, of 64 bits. It is of one volume; to ask which one takes much longer. */
function identityOf(file: Handle): FileIdentity {
  const scratch = new Scratch();
  const into = scratch.address + 16;
  // SAFETY: the call writes an IO_STATUS_BLOCK and one 64-bit number into this function's own memory.
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

/** Gives a file another name, unless that is taken. Who has it open keeps it. */
function rename(from: string, to: string): void {
  const attempt = `rename "${from}" to "${to}"`;
  const name = Buffer.from(toNamespacedPath(to).replace(/^\\\\\?\\/, "\\??\\"), "utf16le");
  const information = new Uint8Array(new ArrayBuffer(RENAME.name + name.length + 2));
  new DataView(information.buffer).setUint32(RENAME.length, name.length, true);
  information.set(name, RENAME.name);
  const scratch = new Scratch();
  const file = openHandle(
    { file: from, access: ACCESS.delete, options: OPTION.openLink | OPTION.notDirectory },
    attempt,
  );
  try {
    // SAFETY: both addresses are those of this function's own memory, in use until the call has returned.
    const result = native().call.NtSetInformationFile(
      file,
      scratch.address,
      engine.addressOf(information),
      information.length,
      RENAME_INFORMATION,
    );
    checkStatus(attempt, "NtSetInformationFile", result, information.length > 0 ? to : undefined);
  } finally {
    closeHandle(file);
  }
}
