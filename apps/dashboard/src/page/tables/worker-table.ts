/**
 * Who works for a queue, and what each is doing right now.
 *
 * @module
 */
import type { JobFrame, ParticipantFrame, QueueFrame } from "../../wire/frame.ts";
import { count, countOf, duration, NOTHING, text } from "../format.ts";
import { fillState } from "./cells.ts";
import type { Column } from "./live-table.ts";
import { DetailTable, ROWS_MAX, type TableWords } from "./titled-table.ts";

/** A job and its worker; either may be missing. */
interface Row {
  readonly worker: ParticipantFrame | undefined;
  readonly job: JobFrame | undefined;
  /** What is said where there is no job. */
  readonly otherwise: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "worker", title: "Worker", fill: ({ worker }) => worker?.name || NOTHING },
  { id: "pid", title: "PID", isNumber: true, fill: ({ worker }) => String(worker?.pid ?? NOTHING) },
  {
    id: "state",
    title: "State",
    fill: ({ worker }, cell) => fillState(cell, worker?.state ?? "dead"),
  },
  {
    id: "doing",
    title: "Works on",
    fill: ({ job, otherwise }) => (job === undefined ? otherwise : `job ${job.id}`),
  },
  { id: "for", title: "For", isNumber: true, fill: ({ job }) => ageText(job) },
  { id: "attempt", title: "Attempt", isNumber: true, fill: ({ job }) => whole(job?.attempt) },
  { id: "priority", title: "Priority", isNumber: true, fill: ({ job }) => whole(job?.priority) },
];

/** The table of a queue's workers: a line for each job in flight, and one for each worker without any. */
export function workerTable(): DetailTable<Row> {
  const words: TableWords<Row> = {
    id: "workers",
    title: "Workers",
    caption: "Workers of the queue",
    empty: "Nobody has this queue open.",
    columns: COLUMNS,
    keyOf: ({ worker, job }) => `${worker?.slot}/${worker?.generation}/${job?.id}`,
  };
  return new DetailTable(words, ({ queue, participants }) => {
    if (queue === null) return undefined;
    const all = rowsOf(queue, participants);
    const rows = all.slice(0, ROWS_MAX);
    const busy = new Set(queue.jobs.map(({ slot }) => slot)).size;
    const known = `${countOf(participants.length, "worker")}, ${count(busy)} with a job`;
    const cut = all.length - rows.length + queue.unlisted;
    return { rows, count: cut > 0 ? `${known}, ${count(cut)} more in flight not listed` : known };
  });
}

function rowsOf({ jobs, unlisted }: QueueFrame, participants: readonly ParticipantFrame[]): Row[] {
  const ofNobody = jobs.filter(({ slot }) => !participants.some((one) => one.slot === slot));
  const rows = participants.flatMap((worker): Row[] => {
    const own = jobs.filter(({ slot }) => slot === worker.slot);
    if (own.length > 0) return own.map((job) => ({ worker, job, otherwise: "" }));
    return [{ worker, job: undefined, otherwise: restText(worker, unlisted) }];
  });
  return [...ofNobody.map((job) => ({ worker: undefined, job, otherwise: "" })), ...rows];
}

/** Where jobs are in flight that are not listed, nobody knows who has none. */
function restText({ state }: ParticipantFrame, unlisted: number): string {
  if (state === "dead") return "nothing any more";
  if (unlisted > 0) return NOTHING;
  return state === "stalled" ? "nothing, though jobs wait" : "idle";
}

function ageText(job: JobFrame | undefined): string {
  return job === undefined ? NOTHING : text(duration(job.for_ms * 1e6));
}

function whole(value: number | undefined): string {
  return value === undefined ? NOTHING : count(value);
}
