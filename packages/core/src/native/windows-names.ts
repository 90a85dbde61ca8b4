/**
 * The directory of names on Windows, and what may be a name there.
 *
 * @module
 */
import { homedir } from "node:os";
import { join } from "node:path";
import type { NameCalls } from "./platform-interface.ts";
import { fileNames } from "./windows-file-names.ts";

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
