import { describe, expect, test } from "bun:test";
import type { ParticipantInfo, QueueInfo, QueueJobInfo, SegmentSample } from "@isthmus/ipc";
import { findChanges } from "../../src/server/changes.ts";

const ELAPSED_MS = 100;

const ONE: ParticipantInfo = {
  slot: 1,
  role: "worker",
  pid: 11,
  startTicks: 0,
  generation: 1,
  name: "",
  joinedAtMs: 0,
  isAlive: true,
};
const TWO: ParticipantInfo = { ...ONE, slot: 2, pid: 12 };
const DEAD: ParticipantInfo = { ...ONE, isAlive: false };

function job(id: number, worker: ParticipantInfo, some: Partial<QueueJobInfo> = {}): QueueJobInfo {
  return { id, worker, attempts: 1, priority: 0, forMs: 10, ...some };
}

/** A look at a queue in which nothing has happened but what is said. */
function look(
  participants: readonly ParticipantInfo[],
  { jobs = [], ...some }: Partial<QueueInfo> = {},
): Pick<SegmentSample, "participants" | "queue"> {
  const none = { done: 0, failed: 0, returned: 0, orphaned: 0, expired: 0, deadLettered: 0 };
  const settings = {
    corruptions: 0,
    leaseMs: Infinity,
    isPaused: false,
    newestDeadLetter: undefined,
  };
  const queue = { ...none, ...settings, jobs, inFlight: jobs.length, ...some };
  return { participants, queue: queue as unknown as QueueInfo };
}

/** What is told of the second of two looks. */
function told(...looks: readonly ReturnType<typeof look>[]): string[] {
  const [before, after] = looks.map((some, index) => {
    const sample = { name: "tasks", kind: "queue", epoch: "1", cells: [], ...some };
    const takenAtNs = index * ELAPSED_MS * 1e6;
    return new Map([["tasks", { ...sample, takenAtNs } as unknown as SegmentSample]]);
  });
  return findChanges(before ?? new Map(), after ?? new Map()).map(({ text }) => text);
}

describe("what is told of a queue", () => {
  test("is nothing of jobs that are taken and done", () => {
    const before = look([ONE, TWO], { jobs: [job(1, ONE)], inFlight: 1 });
    expect(told(before, before)).toEqual([]);
    expect(told(before, look([ONE, TWO], { jobs: [job(2, ONE)], done: 1 }))).toEqual([]);
    // Nor of one that had come back long ago, still is in flight, and was not in a list that had been cut off.
    const again = look([ONE], { jobs: [job(1, ONE, { attempts: 3, forMs: 5000 })] });
    expect(told(look([ONE], { inFlight: 70 }), again)).toEqual([]);
  });

  test("is that a job was given to somebody again, however long the look took", () => {
    // It was taken right behind the look before, and this one came to it late.
    const jobs = [job(1, TWO, { attempts: 2, forMs: ELAPSED_MS + 30 })];
    const again = ["job 1 was given to worker 12, attempt 2"];
    expect(told(look([TWO]), look([TWO], { jobs }))).toEqual(again);
    // The look before came in the middle of its being taken: it counted, and was in no list.
    const amid = look([TWO], { inFlight: 1 });
    expect(told(amid, look([TWO], { jobs }))).toEqual(again);
  });

  test("is not that a job came back whose worker had done it before it died", () => {
    const before = look([ONE, TWO], { jobs: [job(1, ONE)] });
    expect(told(before, look([DEAD, TWO], { done: 1 }))).toEqual([
      "worker 11 died without leaving",
    ]);
    // It had done one and begun another one: nobody can say which came back.
    expect(told(before, look([DEAD, TWO], { done: 1, orphaned: 1 }))).toEqual([
      "worker 11 died without leaving",
      "a job came back because its worker died",
    ]);
    // Here the second attempt says it.
    const jobs = [job(1, TWO, { attempts: 2 })];
    expect(told(before, look([DEAD, TWO], { jobs, done: 1, orphaned: 1 }))).toEqual([
      "worker 11 died without leaving",
      "job 1 came back because worker 11 died",
      "job 1 was given to worker 12, attempt 2",
    ]);
  });

  test("is whose lease ran out only where no other one's can have", () => {
    const jobs = [job(1, ONE, { forMs: 950 }), job(2, TWO, { forMs: 10 })];
    const before = look([ONE, TWO], { jobs, leaseMs: 1000 });
    const after = { jobs: [], done: 1, expired: 1 };
    expect(told(before, look([ONE, TWO], { ...after, leaseMs: 1000 }))).toEqual([
      "the lease of job 1 ran out: worker 11 had it for longer than 1000 ms",
    ]);
    // So short a lease may have been a job's that was in neither look.
    const short = look([ONE, TWO], { jobs, leaseMs: 50 });
    expect(told(short, look([ONE, TWO], { ...after, leaseMs: 50 }))).toEqual([
      "the lease of a job ran out",
    ]);
    expect(told(short, look([ONE, TWO], { expired: 2, leaseMs: 50 }))).toEqual([
      "the leases of 2 jobs ran out",
    ]);
  });

  test("is a dead letter by its number only where it has just come", () => {
    const letter = { id: 7, attempts: 3, lastError: undefined };
    const before = look([ONE], { newestDeadLetter: letter });
    expect(told(before, look([ONE], { newestDeadLetter: letter }))).toEqual([]);
    expect(told(before, look([ONE], { newestDeadLetter: letter, deadLettered: 1 }))).toEqual([
      "a job became a dead letter",
    ]);
    const newest = { id: 8, attempts: 1, lastError: "no\nat" };
    expect(told(before, look([ONE], { newestDeadLetter: newest, deadLettered: 1 }))).toEqual([
      "job 8 became a dead letter after 1 attempt: no",
    ]);
    expect(told(before, look([ONE], { newestDeadLetter: newest, deadLettered: 3 }))).toEqual([
      "3 jobs became dead letters, the last one job 8 after 1 attempt: no",
    ]);
  });

  test("is many jobs by their count, in one line", () => {
    const jobs = [1, 2, 3, 4].map((id) => job(id, ONE));
    const again = jobs.map(({ id }) => job(id, TWO, { attempts: 2 }));
    expect(
      told(look([ONE, TWO], { jobs }), look([DEAD, TWO], { jobs: again, orphaned: 4 })),
    ).toEqual([
      "worker 11 died without leaving",
      "4 jobs came back because workers died",
      "4 jobs were given to workers again",
    ]);
    expect(told(look([ONE], { jobs }), look([DEAD], { jobs }))).toEqual([
      "worker 11 died without leaving, with 4 jobs",
    ]);
  });
});
