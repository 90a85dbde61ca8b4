/** Whether a logout removes named memory, as the configuration of systemd-logind says. */
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { checkLogout } from "../../src/doctor/logout-check.ts";

const PERSON = { uid: 1000, user: "ada", directory: "/dev/shm/isthmus-1000" };
const MAIN = "etc/systemd/logind.conf";
const LOCAL = "etc/systemd/logind.conf.d";
const VENDOR = "usr/lib/systemd/logind.conf.d";

/** A root directory with some files. */
class Root extends TemporaryDirectory {
  constructor(files: Readonly<Record<string, string>>) {
    super();
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      this.file(name, text);
    }
  }
}

const SYSTEMD = { "run/systemd/system/x": "" };

function statusOf(files: Readonly<Record<string, string>>, resident = PERSON): string {
  using root = new Root(files);
  return checkLogout(resident, root.path).status;
}

describe("the check of logout", () => {
  test("warns where systemd-logind removes what a user has, which is its default", () => {
    expect(statusOf(SYSTEMD)).toBe("warn");
    expect(statusOf({ ...SYSTEMD, [MAIN]: "[Login]\n#RemoveIPC=no\n" })).toBe("warn");
    expect(statusOf({ ...SYSTEMD, [MAIN]: "[Login]\nRemoveIPC=yes\n" })).toBe("warn");
    using root = new Root(SYSTEMD);
    expect(checkLogout(PERSON, root.path).next).toContain("loginctl enable-linger ada");
  });

  test("is content where it does not", () => {
    expect(statusOf({})).toBe("ok");
    expect(statusOf({ ...SYSTEMD, [MAIN]: "[Login]\nRemoveIPC = no\n" })).toBe("ok");
    expect(statusOf({ ...SYSTEMD, "var/lib/systemd/linger/ada": "" })).toBe("ok");
    expect(statusOf(SYSTEMD, { ...PERSON, uid: 0 })).toBe("ok");
    expect(statusOf(SYSTEMD, { ...PERSON, uid: 999 })).toBe("ok");
    expect(statusOf(SYSTEMD, { ...PERSON, directory: "/run/user/1000/isthmus" })).toBe("ok");
  });

  test("believes the last word: files beside the main one, by name, local before the vendor's", () => {
    const yes = "[Login]\nRemoveIPC=yes\n";
    const no = "[Login]\nRemoveIPC=off\n";
    expect(statusOf({ ...SYSTEMD, [MAIN]: yes, [`${VENDOR}/10.conf`]: no })).toBe("ok");
    expect(statusOf({ ...SYSTEMD, [`${VENDOR}/10.conf`]: no, [`${LOCAL}/20.conf`]: yes })).toBe(
      "warn",
    );
    expect(statusOf({ ...SYSTEMD, [`${VENDOR}/20.conf`]: no, [`${LOCAL}/10.conf`]: yes })).toBe(
      "ok",
    );
    expect(statusOf({ ...SYSTEMD, [`${VENDOR}/10.conf`]: no, [`${LOCAL}/10.conf`]: yes })).toBe(
      "warn",
    );
    expect(statusOf({ ...SYSTEMD, [`${LOCAL}/10.txt`]: no })).toBe("warn");
  });
});
