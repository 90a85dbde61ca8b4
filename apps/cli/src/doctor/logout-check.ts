/**
 * Whether somebody removes named memory behind its holders' backs when the user logs out.
 *
 * `systemd-logind` removes what a user has in `/dev/shm` when the last session ends, unless told otherwise
 * (`RemoveIPC`, logind.conf(5)): also while a service or a detached program of the user goes on. It spares root, the
 * users of the system, and those who linger.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { directoryPath } from "@isthmus/core/internal";
import { type Check, type Finding, isWindows, ok, warn } from "./check.ts";

/** The last number of a user of the system, as systemd is usually built. */
const SYSTEM_UID_MAX = 999;

/** Where drop-ins are, in the order in which the first of one file name counts. */
const DIRECTORIES = ["etc", "run", "usr/local/lib", "usr/lib"] as const;

/** Whose named memory, and where. */
export interface Resident {
  readonly uid: number;
  readonly user: string;
  /** The directory of named memory. */
  readonly directory: string;
}

/** The check. */
export const logoutChecks: readonly Check[] = [
  { name: "logout", run: () => checkLogout(resident()) },
];

function resident(): Resident {
  const { uid, username } = userInfo();
  return { uid, user: username, directory: directoryPath() };
}

/**
 * Looks whether a logout removes a user's named memory.
 *
 * @param root What stands for `/`: another one in tests.
 */
export function checkLogout({ uid, user, directory }: Resident, root = "/"): Finding {
  const exists = (path: string): boolean => existsSync(join(root, path));
  if (isWindows) return ok("nobody removes it");
  if (!directory.startsWith("/dev/shm/")) return ok("nobody removes what is not in /dev/shm");
  if (!exists("run/systemd/system")) return ok("no systemd here that would remove it");
  if (uid <= SYSTEM_UID_MAX) return ok(`systemd-logind spares user ${uid}`);
  if (exists(`var/lib/systemd/linger/${user}`))
    return ok(`${user} lingers: systemd-logind spares it`);
  if (!removesIpc(root)) return ok("systemd-logind is told to leave it (RemoveIPC=no)");
  return warn(
    "systemd-logind removes it when the user's last session ends, also while programs go on (RemoveIPC): those then hold locks that do not exclude others",
    `loginctl enable-linger ${user}, RemoveIPC=no in /etc/systemd/logind.conf, or an ISTHMUS_DIR outside /dev/shm`,
  );
}

/** What the last word of the configuration is; removing is the default. */
function removesIpc(root: string): boolean {
  const files = DIRECTORIES.toReversed().map((place) =>
    join(root, place, "systemd", "logind.conf"),
  );
  const dropIns = new Map<string, string>();
  for (const place of DIRECTORIES.toReversed()) {
    const directory = join(root, place, "systemd", "logind.conf.d");
    for (const name of namesIn(directory)) dropIns.set(name, join(directory, name));
  }
  const inOrder = [...dropIns].sort(([one], [two]) => (one < two ? -1 : 1)).map(([, path]) => path);
  const main = files.filter(existsSync).slice(-1);
  const words = [...main, ...inOrder].flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/^\s*RemoveIPC\s*=\s*(\S*)/gm)].map(([, word]) => word),
  );
  return !/^(no|false|off|0|n|f)$/i.test(words.at(-1) ?? "");
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith(".conf"));
  } catch {
    return [];
  }
}
