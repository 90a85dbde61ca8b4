/** Lists of jobs that lead to a job of another kind: nobody takes it for one of theirs. */
import { describe, expect, test } from "bun:test";
import { JobDamage } from "../../src/queue/job-cells.ts";
import { JobTable } from "../../src/queue/job-table.ts";
import { CELL, KIND, QUEUE, queueBytes } from "../../src/queue/queue-layout.ts";
import { SharedWords } from "../../src/words.ts";

const SHAPE = {
  cellCount: 8,
  cellBytes: 192,
  payloadBytes: 64,
  keyLists: 16,
  maxAttempts: 2,
  leaseMs: 0,
} as const;
const WORKER = { slot: 0, life: 1 };
const NOW_MS = 1000;
const KEY = 17;
const RETURNED = { reason: "failed", dueMs: 0, nowMs: NOW_MS } as const;

/** A table with a job of each kind, and the links to them. */
function filled() {
  const words = new SharedWords(new Uint8Array(queueBytes(SHAPE.cellCount, 16, SHAPE.cellBytes)));
  const table = new JobTable(words, 0, SHAPE);
  const { cells } = table;
  table.init();
  const add = (key: number, jobClass: number): number => {
    const link = table.reserve(8, undefined);
    table.publish(link, { jobClass, share: 0, key, dueMs: 0, addedNs: 0 });
    return link;
  };
  const take = (): number => table.take(WORKER, NOW_MS, 1);
  const dead = add(0, 3);
  table.giveBack(take(), { ...RETURNED, isHopeless: true });
  const taken = add(0, 2);
  take();
  const links = { dead, taken, leader: add(KEY, 1), held: add(KEY, 1), free: SHAPE.cellCount };
  return { table, cells, links, take };
}

type Filled = ReturnType<typeof filled>;

/** Where each list is, who follows it, and what it may not lead to. */
const LISTS: Readonly<
  Record<
    string,
    {
      readonly lie: (all: Filled, link: number) => void;
      readonly follow: (all: Filled) => unknown;
      readonly wrong: readonly (keyof Filled["links"])[];
    }
  >
> = {
  "of those that are ready": {
    lie: ({ cells }, link) => cells.setHeader(QUEUE.lists + 1 * 64 * 2, link),
    follow: ({ take }) => take(),
    wrong: ["dead", "taken", "held", "free"],
  },
  "of dead letters, when one is taken": {
    lie: ({ cells }, link) => cells.setHeader(QUEUE.deadFirst, link),
    follow: ({ table }) => table.takeDead(WORKER, NOW_MS, 1),
    wrong: ["taken", "leader", "held", "free"],
  },
  "of dead letters, when one is tried anew": {
    lie: ({ cells }, link) => cells.setHeader(QUEUE.deadFirst, link),
    follow: ({ table, cells }) => table.retry(cells.head(QUEUE.deadFirst), NOW_MS),
    wrong: ["taken", "leader", "held", "free"],
  },
  "of dead letters, when one is dropped": {
    lie: ({ cells }, link) => cells.setHeader(QUEUE.deadFirst, link),
    follow: ({ table, cells }) => table.drop(cells.head(QUEUE.deadFirst)),
    wrong: ["taken", "leader", "held", "free"],
  },
  "of those that are worked on": {
    lie: ({ cells }, link) => cells.setHeader(QUEUE.takenFirst, link),
    follow: ({ table }) => table.giveBackOf(WORKER, { ...RETURNED, reason: "orphaned" }),
    wrong: ["dead", "leader", "held", "free"],
  },
  "of those of one key, when one is added": {
    lie: ({ cells }, link) => {
      cells.setLong(link, CELL.key, KEY);
      cells.set(link, CELL.keyNext, 0);
      cells.setHeader(QUEUE.tables + (KEY & 15), link);
    },
    follow: ({ table }) => {
      const link = table.reserve(8, undefined);
      table.publish(link, { jobClass: 1, share: 0, key: KEY, dueMs: 0, addedNs: 0 });
    },
    wrong: ["dead", "held", "free"],
  },
  "of those that wait for one of their key": {
    lie: ({ cells, links }, link) => cells.set(links.leader, CELL.heldFirst, link),
    follow: ({ table, take }) => table.finish(take(), NOW_MS),
    wrong: ["dead", "taken", "leader", "free"],
  },
  "of times": {
    lie: ({ cells }, link) => {
      cells.setHeader(QUEUE.timerCount, 1);
      cells.setTimer(0, link);
    },
    follow: ({ take }) => take(),
    wrong: ["dead", "leader", "held", "free"],
  },
};

describe.each(Object.entries(LISTS))("a list %s", (_name, { lie, follow, wrong }) => {
  test.each([...wrong])("that leads to one that is %s", (name) => {
    const all = filled();
    const { table, cells, links } = all;
    lie(all, links[name]);
    expect(() => follow(all)).toThrow(JobDamage);
    // Made anew, every job is what its cell says, and everything that is ready can be taken.
    table.rebuild(NOW_MS);
    const kinds = [links.dead, links.free].map((link) => cells.kindOf(link));
    expect(kinds).toEqual([KIND.dead, KIND.free]);
    while (all.take() !== 0) expect(cells.count("inFlight")).toBeLessThan(4);
    expect(cells.count("waiting")).toBe(0);
  });
});
