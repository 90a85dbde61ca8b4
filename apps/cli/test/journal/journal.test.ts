/** Looking into journals, verifying, repairing and exporting them: sound ones, torn ones, damaged ones, and what is none. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytes, json, struct, u32, u64 } from "@isthmus/ipc";
import { Journal } from "@isthmus/store";
import { runCliInShell } from "../support/run-cli.ts";
import { harm, JournalScene, linesOf } from "./support.ts";

const NUMBERS = Array.from({ length: 3000 }, (_, index) => ({ n: index + 1 }));
/** Where records begin in a segment. */
const RECORDS = 4096;

/** All files of a journal. */
function filesOf(scene: JournalScene, name: string): Record<string, Buffer> {
  const paths = ["meta", "lock"].map((file) => join(scene.at(name), file));
  return Object.fromEntries(
    [...paths, ...scene.segments(name)].map((path) => [path, readFileSync(path)]),
  );
}

describe("isthmus journal PATH", () => {
  test("shows sequences, times, what records are and which files have them, and changes nothing", async () => {
    using scene = new JournalScene();
    scene.write("j", struct({ id: u32, at: u64 }), [{ id: 1, at: 1n }]);
    const before = filesOf(scene, "j");
    const { stdout, exitCode } = await scene.command("journal", "j");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\n {2}records +1, sequences 1 to 1\n/);
    expect(stdout).toMatch(/records are +structs of 16 B: id, at\n/);
    expect(stdout).toMatch(/on the disk +to 0, 1 behind it\n/);
    const [record] = await scene.json("journal", "j");
    expect(record).toMatchObject({
      path: "j",
      first_sequence: 1,
      last_sequence: 1,
      synced_sequence: 0,
      segment_bytes: 65_536,
      disk_bytes: 65_536,
      segments: [{ first_sequence: 1, last_sequence: 1, bytes: 65_536, problem: null }],
    });
    expect(record?.["schema"]).toStartWith("isthmus struct 1\n");
    expect(record?.["last_time_ms"]).toBeWithin(Date.now() - 60_000, Date.now() + 1);
    expect(filesOf(scene, "j")).toEqual(before);
  });

  test("--limit tells how many segments", async () => {
    using scene = new JournalScene();
    scene.write("j", json, NUMBERS);
    const count = scene.segments("j").length;
    expect(count).toBeGreaterThan(2);
    const lines = async (limit: string): Promise<number> =>
      (await scene.command("journal", "j", "--limit", limit)).stdout.match(/ 64\.0 KiB\n/g)
        ?.length ?? 0;
    // One line more says how long new segments are.
    expect([await lines("1"), await lines("0")]).toEqual([2, count + 1]);
  });

  test("tells who reads it under a name, and how far behind, running or not", async () => {
    using scene = new JournalScene();
    scene.write("j", json, [1, 2, 3]);
    expect(await scene.json("journal", "j")).toMatchObject([{ tailers: [] }]);
    {
      using journal = Journal.open(scene.at("j"), { schema: json });
      const reading = journal.read({ tailer: "billing" });
      await reading.next();
      await reading.next();
    }
    const [record] = await scene.json("journal", "j");
    expect(record?.["tailers"]).toEqual([
      { name: "billing", sequence: 1, time_ms: expect.any(Number), lag: 2 },
    ]);
    const { stdout } = await scene.command("journal", "j");
    expect(stdout).toMatch(/Named readers\n.*\n +billing +1 +2 +20/);
  });

  test("an empty one, and one that is being appended to", async () => {
    using scene = new JournalScene();
    scene.write("j", bytes, []);
    expect((await scene.command("journal", "j")).stdout).toMatch(/records +none\n/);
    using journal = Journal.open(scene.at("j"), { schema: bytes });
    journal.append(new Uint8Array(5));
    const [record] = await scene.json("journal", "j", "verify");
    expect(record).toMatchObject({ sound: true, records: 1, bytes: 5, torn_at_bytes: null });
    expect(journal.append(new Uint8Array(5))).toBe(2);
  });

  test.each([
    ["nothing", () => undefined, 3, "There is no journal"],
    ["a file", (at: string) => writeFileSync(at, "x"), 3, "There is no journal"],
    ["another directory", (at: string) => mkdirSync(at), 3, "There is no journal"],
    [
      "meta of something else",
      (at: string) => {
        mkdirSync(at);
        writeFileSync(join(at, "meta"), "x".repeat(100));
      },
      1,
      "its meta does not begin as it should",
    ],
    [
      "meta that is a directory",
      (at: string) => {
        mkdirSync(at);
        mkdirSync(join(at, "meta"));
      },
      1,
      "EISDIR",
    ],
  ] as const)("%s is no journal, whatever is to be done with it", async (_, make, code, why) => {
    using scene = new JournalScene();
    make(scene.at("j"));
    const calls = [
      ["journal", "j"],
      ["journal", "j", "verify"],
      ["journal", "j", "repair", "--yes"],
      ["journal", "j", "export"],
      ["replay", "j"],
    ];
    for (const call of calls) {
      const { stdout, stderr, exitCode } = await scene.command(...call);
      expect([call, stdout, exitCode]).toEqual([call, "", code]);
      expect(stderr).toContain(why);
    }
  });

  test("usage errors: flags of another action, actions that there are not", async () => {
    using scene = new JournalScene();
    scene.write("j", json, [1]);
    for (const call of [
      ["j", "verify", "--limit", "1"],
      ["j", "--yes"],
      ["j", "--from", "1"],
      ["j", "frob"],
      ["j", "export", "--from", "yesterday"],
      ["j", "export", "--from", "1.5"],
      ["j", "export", "--count", "0"],
    ]) {
      expect([call, (await scene.command("journal", ...call)).exitCode]).toEqual([call, 2]);
    }
  });
});

describe("isthmus journal PATH verify", () => {
  test("finds a sound one sound: exit code 0", async () => {
    using scene = new JournalScene();
    scene.write("j", json, NUMBERS);
    const { stdout, exitCode } = await scene.command("journal", "j", "verify");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/state +sound\n +records +3,000 whole ones/);
    expect(stdout).toMatch(/missing +none\n +end +clean\n/);
  });

  test("tells gaps, damaged segments and a torn end, and changes nothing: exit code 1", async () => {
    using scene = new JournalScene();
    scene.write("j", json, NUMBERS);
    const files = scene.segments("j");
    harm(files[0] as string, (content) => content.fill(0xff, RECORDS + 80, RECORDS + 200));
    harm(files[1] as string, (content) => content.fill(0xff, 0, 20));
    const last = files.at(-1) as string;
    harm(last, (content) => content.fill(1, content.length - 100));
    const before = filesOf(scene, "j");
    const { stdout, exitCode } = await scene.command("journal", "j", "verify");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/state +damaged\n/);
    expect(stdout).toMatch(/damaged +Cannot use the journal's segment \d+: it does not begin/);
    expect(stdout).toMatch(/end +torn at byte/);
    const [record] = await scene.json("journal", "j", "verify");
    const second = Number(/(\d+)\.seg$/.exec(files[1] as string)?.[1]);
    const third = Number(/(\d+)\.seg$/.exec(files[2] as string)?.[1]);
    expect(record).toMatchObject({
      sound: false,
      gaps: [
        { from: 3, to: 5 },
        { from: second, to: third - 1 },
      ],
      missing: 3 + third - second,
      damaged_segments: [{ first_sequence: second }],
      torn_at_bytes: expect.any(Number),
    });
    expect(filesOf(scene, "j")).toEqual(before);
  });

  test("what is torn at the end, and was never confirmed, is no damage: exit code 0", async () => {
    using scene = new JournalScene();
    scene.write("j", json, [1, 2]);
    harm(scene.segments("j")[0] as string, (content) =>
      content.fill(7, RECORDS + 40, RECORDS + 60),
    );
    const { stdout, exitCode } = await scene.command("journal", "j", "verify");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/records +1 whole ones/);
    expect(stdout).toMatch(/end +torn at byte 4,136/);
  });
});

describe("isthmus journal PATH repair", () => {
  /** A journal whose second and last segments have lost their first pages. */
  function headless(scene: JournalScene): string[] {
    scene.write("j", json, NUMBERS);
    const files = scene.segments("j");
    const lost = [files[1] as string, files.at(-1) as string];
    for (const file of lost) harm(file, (content) => content.fill(0, 0, RECORDS));
    return lost;
  }

  test("asks first, and does nothing without consent", async () => {
    using scene = new JournalScene();
    headless(scene);
    const before = filesOf(scene, "j");
    const refused = await scene.command("journal", "j", "repair");
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("say --yes to have it done");
    const questions: string[] = [];
    const answering = (answer: string) => (question: string) => {
      questions.push(question);
      return Promise.resolve(answer);
    };
    for (const answer of ["", "n", "no", "yesterday"]) {
      const run = scene.startWith(answering(answer), "journal", "j", "repair");
      expect([answer, await run.ended]).toEqual([answer, 1]);
      expect(run.written.stderr).toContain("Nothing was changed");
    }
    expect(questions[0]).toBe("Make the first page of 2 segments anew? [y/N] ");
    expect(filesOf(scene, "j")).toEqual(before);
    const run = scene.startWith(answering("y"), "journal", "j", "repair");
    expect([await run.ended, questions.length]).toEqual([0, 5]);
  });

  test("makes first pages anew, keeps what stood there, and loses no record", async () => {
    using scene = new JournalScene();
    const lost = headless(scene);
    expect((await scene.command("journal", "j", "export")).exitCode).toBe(1);
    expect((await scene.command("journal", "j")).stdout).toContain("it does not begin");
    const [record] = await scene.json("journal", "j", "repair", "--yes");
    const firsts = lost.map((file) => Number(/(\d+)\.seg$/.exec(file)?.[1]));
    expect(record).toMatchObject({ sound: true, records: 3000, repaired_segments: firsts });
    for (const file of lost) {
      expect(readFileSync(`${file}.before-repair`)).toEqual(Buffer.alloc(RECORDS));
    }
    using journal = Journal.open(scene.at("j"), { schema: json });
    const found: unknown[] = [];
    for await (const entry of journal.read()) found.push(entry.gap ?? entry.value);
    expect(found).toEqual(NUMBERS);
    expect(journal.append({ n: 3001 })).toBe(3001);
    const again = await scene.command("journal", "j", "repair");
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toContain("There is nothing to repair");
  });

  test("never writes over whole records behind damage, though nobody knows what was confirmed", async () => {
    using scene = new JournalScene();
    scene.write("j", json, [1, 2, 3, 4]);
    const [file] = scene.segments("j") as [string];
    harm(file, (content) => {
      content.fill(0, 0, RECORDS);
      content[RECORDS + 40 + 32]! ^= 1;
    });
    const { stdout, exitCode } = await scene.command("journal", "j", "repair", "--yes");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/missing +1 record in 1 gap\n +2\n/);
    const entries = linesOf((await scene.command("journal", "j", "export")).stdout);
    expect(entries.map(({ record, gap }) => record ?? gap)).toEqual([1, { from: 2, to: 2 }, 3, 4]);
  });

  test("leaves segments of other journals alone", async () => {
    using scene = new JournalScene();
    scene.write("j", json, NUMBERS);
    scene.write("other", json, NUMBERS);
    const file = scene.segments("j")[1] as string;
    writeFileSync(file, readFileSync(scene.segments("other")[1] as string));
    const before = readFileSync(file);
    const [record] = await scene.json("journal", "j", "repair", "--yes");
    expect(record).toMatchObject({ sound: false, repaired_segments: [] });
    expect(readFileSync(file)).toEqual(before);
    expect(existsSync(`${file}.before-repair`)).toBeFalse();
  });

  test("clears a torn end, which whoever opens it would do", async () => {
    using scene = new JournalScene();
    scene.write("j", json, [1]);
    const [file] = scene.segments("j") as [string];
    harm(file, (content) => content.fill(1, content.length - 8));
    const { stderr } = await scene.command("journal", "j", "repair");
    expect(stderr).toContain("clear what is torn behind the last record");
    const { exitCode, stdout } = await scene.command("journal", "j", "repair", "--yes");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/end +clean\n/);
    expect(readFileSync(file).subarray(-8)).toEqual(Buffer.alloc(8));
  });
});

describe("isthmus journal PATH export", () => {
  test("prints values, bytes and gaps; from a sequence or a time, and so many", async () => {
    using scene = new JournalScene();
    scene.write("j", json, NUMBERS);
    rmSync(scene.segments("j")[1] as string);
    const all = linesOf((await scene.command("journal", "j", "export")).stdout);
    const gap = all.findIndex((line) => "gap" in line);
    expect(all[0]).toEqual({ sequence: 1, time_ms: expect.any(Number), record: { n: 1 } });
    expect(all[gap]?.["gap"]).toMatchObject({ from: gap + 1 });
    expect(all.at(-1)).toMatchObject({ sequence: 3000, record: { n: 3000 } });
    const some = await scene.command("journal", "j", "export", "--from", "5", "--count", "2");
    expect(linesOf(some.stdout).map(({ sequence }) => sequence)).toEqual([5, 6]);
    const later = await scene.command("journal", "j", "export", "--from", "2999-01-01T00:00");
    expect(later).toMatchObject({ stdout: "", exitCode: 0 });
    const lately = await scene.command("journal", "j", "export", "--from", "-1h");
    expect(linesOf(lately.stdout)).toHaveLength(all.length);
    scene.write("raw", bytes, [Uint8Array.of(1, 255)]);
    expect(await scene.json("journal", "raw", "export")).toEqual([
      { sequence: 1, time_ms: expect.any(Number), data_base64: "Af8=" },
    ]);
    scene.write("typed", struct({ id: u64 }), [{ id: 2n ** 60n }]);
    const [typed] = await scene.json("journal", "typed", "export");
    expect(typed?.["record"]).toEqual({ id: String(2n ** 60n) });
  });

  test("ends without a word when the reader of its output has had enough", async () => {
    using scene = new JournalScene();
    scene.write("j", json, NUMBERS);
    const env = { ...scene.env, J: scene.at("j") };
    const line = '{ "$BUN" "$MAIN" journal "$J" export; echo "code $?" >&2; } | head -n 1';
    const { stdout, stderr } = await runCliInShell(line, { env });
    expect(linesOf(stdout)).toMatchObject([{ sequence: 1 }]);
    expect(stderr).toBe("code 0\n");
  });
});
