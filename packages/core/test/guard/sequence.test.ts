/** Streams, chunks, lines and searches of files that are truncated in the middle. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { MemoryMappedFile } from "../../src/index.ts";
import { platform } from "../../src/native/platform.ts";
import { PAGE, ShrinkingFile } from "./support/truncated-file.ts";

// Generous: the processes of a test may have to share a busy machine.
const MIB = 1 << 20;

const expectTruncated = (action: () => unknown) =>
  expectCode(action, "FileTruncatedError", "ERR_FILE_TRUNCATED");

describe("ViewStream", () => {
  test("read() and write() behind the new end throw", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    for (const use of ["read", "write"] as const) {
      file.truncate(4 * PAGE);
      using stream = map.createViewStream();
      stream.seek(PAGE);
      file.truncate(PAGE);
      expectTruncated(() => stream[use](new Uint8Array(10)));
    }
  });

  test("readable() ends with the error", async () => {
    using file = new ShrinkingFile(MIB);
    using map = MemoryMappedFile.createFromFile(file.path);
    using stream = map.createViewStream();
    const reader = stream.readable().getReader();
    expect((await reader.read()).done).toBe(false);
    file.truncate(0);
    const rest = (async () => {
      while (!(await reader.read()).done);
    })();
    const error = await rest.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ERR_FILE_TRUNCATED" });
  });
});

describe("a scan of a file that is truncated while it runs", () => {
  test("chunks() gives zeros and ends with the error", () => {
    using file = new ShrinkingFile(20 * MIB);
    using map = MemoryMappedFile.createFromFile(file.path, { access: "read" });
    const sums: number[] = [];
    expectTruncated(() => {
      for (const chunk of map.chunks({ size: MIB })) {
        sums.push(chunk.reduce((sum, byte) => sum + byte, 0));
        file.truncate(MIB);
      }
    });
    expect(sums[0]).toBe(MIB);
    expect(sums.slice(1).every((sum) => sum === 0)).toBe(true);
    expect(sums.length).toBeLessThan(20);
  });

  test("chunks() that is left early says so too", () => {
    using file = new ShrinkingFile(4 * MIB);
    using map = MemoryMappedFile.createFromFile(file.path, { access: "read" });
    expectTruncated(() => {
      for (const chunk of map.chunks({ size: MIB })) {
        file.truncate(0);
        if (chunk[PAGE] === 0) break;
      }
    });
  });

  for (const raw of [false, true] as const) {
    test(`lines({ raw: ${raw} }) ends with the error`, () => {
      using file = new ShrinkingFile(0);
      file.truncate(0);
      const line = `${"x".repeat(99)}\n`;
      Bun.spawnSync(["sh", "-c", `yes ${line.trim()} | head -c ${20 * MIB} > ${file.path}`]);
      using map = MemoryMappedFile.createFromFile(file.path, { access: "read" });
      expectTruncated(() => {
        const lines: Iterable<unknown> = raw ? map.lines({ raw: true }) : map.lines();
        for (const _line of lines) file.truncate(0);
      });
    });
  }

  /**
   * Truncates the file at the one moment that counts: after its length has been checked, before its bytes
   * are looked at. Searches ask in between for the pages of each window, or whether they are in memory.
   */
  function truncatedInTheMiddle(file: ShrinkingFile, action: () => unknown): () => unknown {
    return () => {
      const calls = platform() as Pick<ReturnType<typeof platform>, "advise" | "residency">;
      const { advise, residency } = calls;
      calls.advise = () => {
        file.truncate(0);
        return true;
      };
      calls.residency = (...range) => {
        residency(...range);
        file.truncate(0);
      };
      try {
        return action();
      } finally {
        Object.assign(calls, { advise, residency });
      }
    };
  }

  const searches: Readonly<Record<string, (map: MemoryMappedFile) => unknown>> = {
    "count() of a byte": (map) => map.count(1),
    "count() of a text": (map) => map.count("\u0001\u0001"),
    "indexOf() of what is not there": (map) => map.indexOf("absent"),
    "indexOf() of the zeros that are not there": (map) => map.indexOf(0),
    "histogram()": (map) => map.histogram(),
    "lines()": (map) => [...map.lines()],
    "chunks()": (map) => {
      for (const chunk of map.chunks()) chunk.indexOf(7);
    },
  };
  for (const [what, search] of Object.entries(searches)) {
    test(`${what} throws`, () => {
      using file = new ShrinkingFile(2 * MIB);
      using map = MemoryMappedFile.createFromFile(file.path, { access: "read" });
      search(map);
      expectTruncated(truncatedInTheMiddle(file, () => search(map)));
    });
  }

  test("a scan that begins afterwards throws at once", () => {
    using file = new ShrinkingFile(2 * MIB);
    using map = MemoryMappedFile.createFromFile(file.path, { access: "read" });
    file.truncate(MIB);
    for (const search of Object.values(searches)) expectTruncated(() => search(map));
  });
});
