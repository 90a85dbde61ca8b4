/** The memory limits of control groups: what goes beyond them is refused, where the kernel would end the process. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expectRejection } from "@isthmus/testing/expect-code";
import { isLinux, isRoot, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { memoryLimit } from "../../src/internal.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

// Generous: the processes of a test may have to share a busy machine.
const MIB = 1 << 20;

/** A root directory with control groups as a system would show them. */
class FakeRoot extends TemporaryDirectory {
  write(files: Readonly<Record<string, string | number>>): this {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      this.file(name, `${content}\n`);
    }
    return this;
  }
}

const V2 = { "proc/self/mountinfo": "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw" };
const V1 = {
  "proc/self/mountinfo":
    "30 1 0:25 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n31 30 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
};

describe("memoryLimit()", () => {
  test("is undefined where nothing limits, and where there is nothing of the kind", () => {
    using root = new FakeRoot();
    expect(memoryLimit(root.path)).toBeUndefined();
    const group = "sys/fs/cgroup/a/";
    root.write({ ...V2, "proc/self/cgroup": "0::/a", [`${group}memory.max`]: "max" });
    root.write({ [`${group}memory.current`]: 5 });
    expect(memoryLimit(root.path)).toBeUndefined();
    using old = new FakeRoot().write({ ...V1, "proc/self/cgroup": "4:cpu,memory:/" });
    old.write({ "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712" });
    old.write({ "sys/fs/cgroup/memory/memory.usage_in_bytes": 5 });
    expect(memoryLimit(old.path)).toBeUndefined();
  });

  test("finds the tightest of all groups above, and counts what gives way as free", () => {
    using root = new FakeRoot().write({ ...V2, "proc/self/cgroup": "0::/a/b" });
    root.write({ "sys/fs/cgroup/a/b/memory.max": 1000, "sys/fs/cgroup/a/b/memory.current": 100 });
    root.write({ "sys/fs/cgroup/a/memory.max": 2000, "sys/fs/cgroup/a/memory.current": 1900 });
    const tight = { path: "/sys/fs/cgroup/a/memory.max", maxBytes: 2000, availableBytes: 100 };
    expect(memoryLimit(root.path)).toEqual(tight);
    root.write({ "sys/fs/cgroup/a/memory.stat": "anon 7\ninactive_file 300\nactive_file 200" });
    expect(memoryLimit(root.path)?.availableBytes).toBe(600);
    root.write({ "sys/fs/cgroup/a/memory.swap.max": "max" });
    root.write({ "sys/fs/cgroup/a/memory.swap.current": 0, "proc/meminfo": "SwapFree: 1 kB" });
    expect(memoryLimit(root.path)?.path).toBe("/sys/fs/cgroup/a/b/memory.max");
  });

  test("of the first version, as a container without a namespace of groups sees it", () => {
    using root = new FakeRoot().write({
      "proc/self/mountinfo": V1["proc/self/mountinfo"].replace("0:26 /", "0:26 /docker/1"),
      "proc/self/cgroup": "4:memory:/docker/1/inner",
      "sys/fs/cgroup/memory/inner/memory.limit_in_bytes": 5000,
      "sys/fs/cgroup/memory/inner/memory.usage_in_bytes": 1000,
      "sys/fs/cgroup/memory/memory.limit_in_bytes": 3000,
      "sys/fs/cgroup/memory/memory.usage_in_bytes": 1500,
      "sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 500",
    });
    const path = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
    expect(memoryLimit(root.path)).toEqual({ path, maxBytes: 3000, availableBytes: 2000 });
    root.write({ "proc/self/cgroup": "4:memory:/../elsewhere" });
    expect(memoryLimit(root.path)?.path).toBe(path);
  });
});

/** A group with a limit, removed when the test ends. Its processes must have ended by then. */
class Group implements Disposable {
  readonly path: string | undefined;

  constructor(limitBytes: number) {
    for (const [root, file] of [
      ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"],
      ["/sys/fs/cgroup", "memory.max"],
    ] as const) {
      try {
        const path = mkdtempSync(join(root, "isthmus-test-"));
        this.path = path;
        if (existsSync(join(path, file))) {
          writeFileSync(join(path, file), String(limitBytes));
          return;
        }
        rmdirSync(path);
      } catch {
        // not this one
      }
      this.path = undefined;
    }
  }

  /** A command that runs another in the group. */
  get prefix(): string[] {
    return ["sh", "-c", `echo $$ > ${this.path}/cgroup.procs; exec "$@"`, "sh"];
  }

  [Symbol.dispose](): void {
    if (this.path !== undefined) rmdirSync(this.path);
  }
}

function canLimit(): boolean {
  if (!isLinux || !isRoot) return false;
  using probe = new Group(512 * MIB);
  return probe.path !== undefined;
}

testIf(canLimit(), "control groups that limit memory, and the right to make one")(
  "memory beyond the limit is ENOSPC, named or not, and the process goes on",
  async () => {
    using home = new Home();
    using group = new Group(320 * MIB);
    await using process_ = new Participant({ prefix: group.prefix });
    for (const name of ["large", null]) {
      const refusal = process_.call("create", "m", name, 512 * MIB);
      const { message } = await expectRejection(refusal, "SystemError", "ENOSPC");
      expect(message).toContain(`${320 * MIB} bytes in ${group.path}/memory.`);
      expect(message).toContain("--memory");
    }
    expect(home.files()).toEqual([]);
    // Many small pieces are as much as a large one.
    const pieces = async (): Promise<void> => {
      for (let i = 0; i < 64; i++) await process_.call("create", `m${i}`, `piece-${i}`, 8 * MIB);
    };
    await expectRejection(pieces(), "SystemError", "ENOSPC");
    expect(home.files().length).toBeGreaterThan(4);
    for (const file of home.files()) await process_.call("dispose", file.replace("piece-", "m"));
    await process_.call("create", "m", "small", 16 * MIB);
    await process_.finish();
    expect(home.files()).toEqual([]);
  },
);
