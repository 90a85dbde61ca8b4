/** Memory that is not there: full file systems and capacities beyond all measure. */
import { describe, expect, test } from "bun:test";
import { readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { canMount, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { MemoryMappedFile } from "../../src/index.ts";
import { createNamedFile } from "../../src/named/create-named-file.ts";
import { release } from "../../src/named/holder.ts";
import { SECTION, type Section } from "../../src/named/superblock.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

// Generous: the processes of a test may have to share a busy machine.
const MIB = 1 << 20;

const mounted = testIf(canMount, "the right to mount a tmpfs");

test("a new name is filled up to what is only reserved", () => {
  using _home = new Home();
  let filledBytes = 0;
  const { fd, superblock } = createNamedFile({
    name: "reserved",
    kind: "memory",
    sections: [
      { id: SECTION.lanes, length: MIB, isReserved: true },
      { id: SECTION.data, length: 100 },
    ],
    isPersistent: false,
    fill: (_fd, _path, allocatedBytes) => {
      filledBytes = allocatedBytes;
    },
  });
  const [reserved, data] = superblock.sections as [Section, Section];
  expect(filledBytes).toBe(data.offset + data.length);
  expect(filledBytes).toBeLessThanOrEqual(reserved.offset);
  release(fd);
});

describe("a file system of 1 MiB", () => {
  mounted("refuses 2 MiB with ENOSPC and keeps nothing of it", () => {
    using disk = new SmallFileSystem("size=1m");
    using home = new Home(disk.path);
    for (const create of [MemoryMappedFile.createNew, MemoryMappedFile.createOrOpen]) {
      for (const lifetime of ["held", "persistent"] as const) {
        const call = () => create("large", 2 * MIB, { lifetime });
        const { message } = expectCode(call, "SystemError", "ENOSPC");
        expect(message).toMatch(/allocate \d+ bytes for "[^"]+\/large"/);
        expect(message).toStartWith(`Cannot create the memory "large" in "${home.path}": cannot `);
        expect(message).toEndWith("or ask for less (capacity)");
        expect(readdirSync(home.path)).toEqual([]);
      }
    }
    using memory = MemoryMappedFile.createNew("fits", MIB / 2);
    expect(memory.capacity).toBe(MIB / 2);
  });

  mounted("that is full leaves holders alone, and is of use again when they leave", async () => {
    using disk = new SmallFileSystem("size=1m");
    using home = new Home(disk.path);
    await using holder = new Participant();
    await holder.call("create", "m", "held", MIB / 2);
    await holder.call("view", "v", "m");
    const filler = join(disk.path, "filler");
    const { bavail, bsize } = statfsSync(disk.path);
    writeFileSync(filler, new Uint8Array(bavail * bsize));
    expect(statfsSync(disk.path).bavail).toBe(0);
    for (let position = 0; position < MIB / 2; position += 4096) {
      await holder.call("write", "v", position, position + 1);
    }
    expect(await holder.call<number>("read", "v", MIB / 2 - 4096)).toBe(MIB / 2 - 4095);
    await expectRejection(holder.call("create", "n", "more", 1), "SystemError", "ENOSPC");
    MemoryMappedFile.openExisting("held").dispose();
    rmSync(filler);
    MemoryMappedFile.createNew("more", 1).dispose();
    await holder.call("dispose", "v");
    await holder.call("dispose", "m");
    expect(home.files()).toEqual([]);
  });

  mounted("without room for another file refuses with ENOSPC", () => {
    using disk = new SmallFileSystem("size=1m,nr_inodes=4");
    using home = new Home(disk.path); // the second inode
    using _memory = MemoryMappedFile.createNew("third", 1);
    const create = () => MemoryMappedFile.createNew("more", 1);
    expect(expectCode(create, "SystemError", "ENOSPC").message).toContain("(link)");
    home.plant("fourth", "");
    expect(expectCode(create, "SystemError", "ENOSPC").message).toContain("(open)");
    expect(home.files()).toEqual(["fourth", "third"]);
  });
});

describe("a capacity beyond all measure", () => {
  for (const exponent of [50, 53]) {
    const capacity = Math.min(2 ** exponent, Number.MAX_SAFE_INTEGER);
    test(`of ${capacity} bytes is refused, named or not, and nothing is left`, () => {
      using home = new Home();
      for (const name of ["huge", null]) {
        const call = () => MemoryMappedFile.createNew(name, capacity);
        const codes = ["ENOSPC", "EFBIG", "ENOMEM"];
        let code = "none";
        try {
          call();
        } catch (error) {
          ({ code } = error as { code: string });
        }
        expect(codes).toContain(code);
      }
      expect(home.files()).toEqual([]);
    });
  }
});

testIf(isLinux, "Linux, for ulimit")(
  "a process without descriptors gets EMFILE, and goes on",
  async () => {
    using home = new Home();
    await using process_ = new Participant({
      prefix: ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"],
    });
    let made = 0;
    const failure = await (async () => {
      for (; made < 64; made++) await process_.call("create", `m${made}`, `n${made}`, 8);
    })().catch((error: unknown) => error);
    expect(made).toBeGreaterThan(8);
    await expectRejection(Promise.reject(failure), "SystemError", "EMFILE");
    await process_.call("dispose", "m0");
    await process_.call("create", "again", "again", 8);
    await process_.finish();
    expect(home.files()).toEqual([]);
  },
);
