/** A journal between processes: turns, followers, deaths. */
import { describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { bytes, observe } from "@isthmus/ipc";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { Peer } from "@isthmus/testing/peer";
import { ifSignals, isRoot, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { Journal } from "../../src/index.ts";
import { headName } from "../../src/journal/live-head.ts";
import { entriesOf, idOf, NUMBERS, SMALL } from "./support/sample-journal.ts";
import { isWholeStormRecord } from "./support/storm-record.ts";

const ROUNDS = 2 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
const FIXTURE = join(import.meta.dir, "fixtures", "appender.ts");
const peer = () => new Peer([process.execPath, FIXTURE]);

describe("Journal between processes", () => {
  test("gives each record one sequence, whoever appends, and shows all to all who follow", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, { ...NUMBERS, ...SMALL });
    await using one = peer();
    await using two = peer();
    await using reader = peer();
    const count = 1500;
    reader.send("follow", path, 3 * count);
    const sums = [one.call<number>("append", path, count), two.call<number>("append", path, count)];
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum += journal.append(i);
      if (i % 50 === 0) await Bun.sleep(0);
    }
    for (const other of await Promise.all(sums)) sum += other;
    const total = 3 * count;
    expect(sum).toBe((total * (total + 1)) / 2);
    expect(await reader.answer<number>()).toBe(total);
    const entries = (await entriesOf(journal)) as [number, number][];
    expect(entries.map(([sequence]) => sequence)).toEqual(
      Array.from({ length: total }, (_, i) => i + 1),
    );
    // Of each process, in the order in which it appended.
    const seen = new Uint32Array(count);
    for (const [, value] of entries) seen[value]!++;
    expect(seen.every((times) => times === 3)).toBe(true);
    expect(journal.metrics.lastSequence).toBe(total);
  });

  test("wakes who follows, and lets it sleep otherwise", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, { ...NUMBERS, ...SMALL });
    await using other = peer();
    await other.call("append", path, 1);
    const entries = journal.read({ from: "end", follow: true });
    for (let i = 0; i < 10; i++) {
      const next = entries.next();
      await Bun.sleep(10);
      await other.call("append", path, 1);
      expect((await next).value).toMatchObject({ sequence: i + 2 });
    }
    await entries.return();
    const [cell] = observe(headName(idOf(path))).cells;
    expect(cell?.wakes).toBeGreaterThan(5);
  });

  test("keeps what was promised, whole and in order, when appenders are killed at any moment", async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    let known = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const sync = round % 2 === 0 ? "none" : "always";
      const appenders = [peer(), peer()];
      appenders.forEach((each, i) => {
        each.send("storm", path, sync, round * 1000 + i * 100);
      });
      const started = appenders.map((each) => each.line());
      await Promise.all(started);
      await Bun.sleep(Math.random() * 60);
      await Promise.all(appenders.map((each) => each.kill()));
      const lines = await Promise.all(appenders.map((each) => each.errors));
      const promised = lines.flatMap((text) => text.split("\n").slice(0, -1).map(Number));
      using journal = Journal.open(path, { schema: bytes });
      let last = known;
      for await (const entry of journal.read({ from: known + 1 })) {
        if (entry.gap !== undefined) throw new Error(`gap ${JSON.stringify(entry.gap)}`);
        expect(entry.sequence).toBe(++last);
        expect(isWholeStormRecord(entry.value)).toBe(true);
      }
      expect(last).toBeGreaterThanOrEqual(Math.max(...promised, 0));
      known = last;
      expect(journal.append(new Uint8Array([0, 0, 0, 1]))).toBe(++known);
    }
    expect(known).toBeGreaterThan(ROUNDS);
  });

  ifSignals(
    "waits for who is stopped, in a turn or not, without giving the turn to two",
    async () => {
      using _home = new Home();
      using directory = new TemporaryDirectory();
      const path = directory.file("j");
      using journal = Journal.open(path, { schema: bytes, ...SMALL });
      await using other = peer();
      await other.call("storm", path, "none", 3);
      other.signal("SIGSTOP");
      await untilStopped(other.pid);
      const before = await entriesOf(journal);
      other.signal("SIGCONT");
      journal.append(new Uint8Array([0, 0, 0, 1]));
      await other.kill();
      const after = (await entriesOf(journal)) as [number, unknown][];
      expect(after.slice(0, before.length)).toEqual(before as [number, unknown][]);
      expect(after.map(([sequence]) => sequence)).toEqual(after.map((_, i) => i + 1));
    },
  );

  testIf(isRoot, "root")("is read by who may not write it", async () => {
    using home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, NUMBERS);
    journal.appendAll([1, 2]);
    await journal.flushed();
    chmodSync(directory.path, 0o755);
    chmodSync(home.path, 0o755);
    await using other = peer();
    const seen = await other.call("readOnly", path);
    expect(seen).toMatchObject({
      code: "EACCES",
      entries: [
        [1, 1],
        [2, 2],
      ],
      metrics: { lastSequence: 2, syncedSequence: 2, segments: 1 },
    });
    await using late = peer();
    await expectRejection(late.call("readOnly", directory.file("new")), "SystemError", "EACCES");
  });
});
