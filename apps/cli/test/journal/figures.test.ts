/** Journals that are open here, among all that lives in shared memory: `ls`, `inspect`, `top`. */
import { expect, test } from "bun:test";
import { json } from "@isthmus/ipc";
import { Journal } from "@isthmus/store";
import { until } from "@isthmus/testing/patience";
import { JournalScene, linesOf } from "./support.ts";

test("ls says which directory it is, inspect and top how far it is and who follows", async () => {
  using scene = new JournalScene();
  using journal = Journal.open(scene.at("j"), { schema: json, sync: "none" });
  journal.appendAll([1, 2, 3]);
  await journal.flushed();
  journal.append(4);
  const reading = journal.read({ follow: true, from: 2 })[Symbol.asyncIterator]();
  expect((await reading.next()).value).toMatchObject({ sequence: 2 });
  const [name] = (await scene.json("ls")).map((one) => one["name"] as string);
  expect(name).toMatch(/^journal-[0-9a-f]{32}$/);
  const ls = await scene.command("ls");
  expect(ls.stdout.replace(/\s+/g, "")).toContain(scene.at("j"));
  const [record] = await scene.json("inspect", name as string);
  expect(record).toMatchObject({
    kind: "journal",
    journal: {
      records: 4,
      last_sequence: 4,
      synced_sequence: 3,
      unsynced: 1,
      first_sequence: 1,
      segments: 1,
      disk_bytes: 2 ** 26,
      path: scene.at("j"),
      followers: [{ name: "", position: 1, lag: 3, participant: { pid: process.pid } }],
    },
  });
  const inspect = await scene.command("inspect", name as string);
  expect(inspect.stdout).toMatch(/\nJournal\n +directory +\S/);
  expect(inspect.stdout).toMatch(/last sequence +4\n +synced sequence +3\n +unsynced +1\n/);
  expect(inspect.stdout).toMatch(/\nFollowers\n/);
  const top = scene.start("top", "--json", "--interval-ms", "50");
  await until(() => {
    journal.append(0);
    const last = linesOf(top.written.stdout).at(-1);
    return Number(last?.["records_per_second"]) > 0 && last;
  }, "what flows");
  top.interrupt();
  expect(await top.ended).toBe(130);
  const last = linesOf(top.written.stdout).at(-1);
  const { lastSequence } = journal.metrics;
  expect(last).toMatchObject({ kind: "journal", synced_sequence: 3, segments: 1 });
  expect(last?.["lag"]).toBeWithin(3, lastSequence);
  expect(last?.["bytes_per_second"]).toBeGreaterThan(0);
  expect((await scene.command("top", "--count", "1")).stdout).toMatch(/\nj +journal /);
  await reading.return?.();
  const [after] = await scene.json("inspect", name as string);
  expect(after?.["journal"]).toMatchObject({ followers: [] });
});
