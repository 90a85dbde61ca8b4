/** Awkward files: what scans say of them is what `wc`, `grep` and `cut` say. */
import { describe, expect } from "bun:test";
import { testIf } from "@isthmus/testing/requirement";
import { runs } from "@isthmus/testing/runs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import { MemoryMappedFile, scanJobs } from "../src/index.ts";

const HAS_COMMANDS = ["wc", "grep", "cut"].every((name) => Bun.which(name) !== null);
const commandTest = testIf(HAS_COMMANDS, "wc, grep and cut");

/** No final line feed, CRLF, NULs, half of a character, nothing at all. */
const content = fc
  .array(fc.constantFrom("a", "b,", ",", "\n", "\r\n", "\0", "ERROR", "error", "é", "\xff", " "), {
    maxLength: 60,
  })
  .map((parts) => Buffer.from(parts.join(""), "latin1"));

function say(...command: string[]): Buffer {
  return Bun.spawnSync(command, { env: { ...process.env, LC_ALL: "C" } }).stdout;
}

/** Checks a property of files, each also as a copy that is longer than a window of a scan. */
async function check(property: (file: MemoryMappedFile, path: string) => unknown): Promise<void> {
  using directory = new TemporaryDirectory();
  const examine = async (bytes: Uint8Array): Promise<void> => {
    const path = directory.file("awkward", bytes);
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    await property(file, path);
  };
  await fc.assert(fc.asyncProperty(content, examine), runs(20));
  const [piece = Buffer.alloc(0)] = fc.sample(content, 1);
  await examine(Buffer.concat([Buffer.alloc(9 << 20, "x\n,\r\nERROR"), piece]));
}

describe("scans agree", () => {
  commandTest("with wc -lc about lines and bytes", async () => {
    await check((file, path) => {
      const [lines, bytes] = say("wc", "-lc", path).toString().trim().split(/\s+/).map(Number);
      expect([file.count("\n"), file.capacity]).toEqual([lines as number, bytes as number]);
      let ends = 0;
      file.forEachLine((all, _, end) => {
        if (all[end] === 0x0a) ends++;
      });
      expect(ends).toBe(lines as number);
    });
  });

  commandTest("with grep -c -F about lines with a text, in any case, too", async () => {
    await check((file, path) => {
      // A line is valid until the next one is asked for.
      const texts = file.lines({ raw: true }).map((line) => Buffer.from(line).toString("latin1"));
      const lines = [...texts];
      const grep = (...options: string[]): number =>
        Number(say("grep", "-a", "-c", "-F", ...options, "error", path));
      expect(lines.filter((line) => line.includes("error")).length).toBe(grep());
      expect(lines.filter((line) => /error/i.test(line)).length).toBe(grep("-i"));
      const found = file.count("error", { ignoreCase: true });
      const matches = say("grep", "-a", "-o", "-i", "-F", "error", path).toString("latin1");
      expect(found).toBe(matches.split("\n").length - 1);
    });
  });

  commandTest("with cut about columns", async () => {
    await check(async (file, path) => {
      const job = scanJobs.topValues({ column: 2, separator: ",", limit: 1000 });
      const { values } = await file.scan(job, { workers: 1 });
      const counts = new Map<string, number>();
      const fields = say("cut", "-s", "-d,", "-f2", path).toString("latin1").split("\n");
      for (const field of fields.slice(0, -1)) counts.set(field, (counts.get(field) ?? 0) + 1);
      const decoded = [...counts].map(([field, count]) => ({
        value: Buffer.from(field, "latin1").toString(),
        count,
      }));
      const sorted = (list: readonly { value: string; count: number }[]) =>
        list.map(({ value, count }) => `${count} ${value}`).sort();
      expect(sorted(values)).toEqual(sorted(decoded));
    });
  });
});
