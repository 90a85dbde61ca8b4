/**
 * What has happened between two looks.
 *
 * @module
 */
import { figureTotals, type ParticipantInfo, type SegmentSample } from "@isthmus/ipc";
import { isSameLife, kindName } from "@isthmus/ipc/internal";
import type { Change } from "./event-log.ts";
import { jobsOf, queueChanges, TOLD_FIGURES } from "./queue-changes.ts";
import { isRunning } from "./running.ts";
import { ownerText, who } from "./who.ts";

type SampleMap = ReadonlyMap<string, SegmentSample>;

/**
 * Compares two looks at all segments.
 *
 * @param before The earlier one.
 * @param after The later one.
 * @returns What a person would want to be told, segment by segment.
 */
export function findChanges(before: SampleMap, after: SampleMap): Change[] {
  const gone = Array.from(before.values()).filter(({ name }) => !after.has(name));
  const removed = gone.flatMap((one) => [
    ...participantChanges(one, { ...one, participants: [] }),
    change(one, "removed", `${article(kindName(one))} was removed`),
  ]);
  const changed = Array.from(after.values(), (now) => segmentChanges(before.get(now.name), now));
  return [...removed, ...changed.flat()];
}

function segmentChanges(before: SegmentSample | undefined, now: SegmentSample): Change[] {
  const isNew = before === undefined || (before.epoch !== now.epoch && !before.error && !now.error);
  const nobody = { ...now, participants: [] };
  const created = isNew ? [change(now, "created", `${article(kindName(now))} was created`)] : [];
  if (isNew) return [...created, ...participantChanges(nobody, now)];
  return [
    ...damageChanges(before, now),
    ...participantChanges(before, now),
    ...lockChanges(before, now),
    ...queueChanges(before, now).map(({ kind, text }) => change(now, kind, text)),
    ...flowChanges(before, now),
  ];
}

function damageChanges(before: SegmentSample, now: SegmentSample): Change[] {
  if (!now.error || before.error) return [];
  return [change(now, "damaged", `its file cannot be understood: ${now.error.message}`)];
}

function participantChanges(before: SegmentSample, now: SegmentSample): Change[] {
  if (before.error || now.error) return [];
  const changes: Change[] = [];
  for (const one of before.participants) {
    if (now.participants.some((two) => isSameLife(one, two))) continue;
    // Who was seen dead has been cleared up after: its place can be taken again.
    if (one.isAlive) changes.push(departure(now, one));
    else changes.push(change(now, "recovered", `cleared up after ${who(one)}, which had died`));
  }
  for (const one of now.participants) {
    const earlier = before.participants.find((two) => isSameLife(one, two));
    if (earlier === undefined) changes.push(change(now, "joined", `${who(one)} joined`));
    if (earlier?.isAlive !== false && !one.isAlive) {
      changes.push(change(now, "died", `${who(one)} died without leaving${jobsOf(now, one)}`));
    }
  }
  return changes;
}

/** Who was killed and cleared up after between two looks is gone just as who left: only who lives has left for sure. */
function departure(now: SegmentSample, one: ParticipantInfo): Change {
  if (isRunning(one)) return change(now, "left", `${who(one)} left`);
  const text = `${who(one)} is gone: it left, or died and was cleared up after at once`;
  return change(now, "gone", text);
}

function lockChanges(before: SegmentSample, now: SegmentSample): Change[] {
  const owner = now.mutex?.owner;
  const earlier = before.mutex?.owner;
  const changes: Change[] = [];
  const isSame = earlier?.pid === owner?.pid && earlier?.sinceMs === owner?.sinceMs;
  if (owner && !owner.isAlive && !(isSame && earlier?.isAlive === false)) {
    changes.push(
      change(now, "lock-abandoned", `${ownerText(owner.pid, owner.name)} died holding the lock`),
    );
  }
  if ((now.mutex?.recoveries ?? 0) > (before.mutex?.recoveries ?? 0)) {
    changes.push(change(now, "lock-recovered", "an abandoned lock was taken over"));
  }
  return changes;
}

/** Of what may go on for long only the beginning is told: the tiles and issues say the rest. */
function flowChanges(before: SegmentSample, now: SegmentSample): Change[] {
  const earlier = figureTotals(before);
  return figureTotals(now).flatMap(({ part, name, figure, value }) => {
    const first = earlier.find((one) => one.part === part && one.name === name)?.value ?? 0;
    const isTold = now.queue !== undefined && TOLD_FIGURES.has(name);
    if (figure.alarm !== undefined && !isTold && value > 0 && first === 0) {
      return [change(now, "dropped", figure.alarm)];
    }
    if (figure.column !== "corruptions" || value <= first) return [];
    return [change(now, "corrupt", `a reader found ${value - first} impossible values`)];
  });
}

function change({ name }: SegmentSample, kind: Change["kind"], text: string): Change {
  return { kind, segment: name, text };
}

function article(kind: string): string {
  if (kind === "unknown") return "a segment";
  return kind === "event" ? "an event" : `a ${kind}`;
}
