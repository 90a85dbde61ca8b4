/**
 * What an observer saw, as a program reads it. Nothing is spelled here: names come from what is told, in `snake_case`,
 * so that a new figure of any kind is in the records at once.
 *
 * @module
 */
import { HistogramSnapshot, type ParticipantInfo } from "@isthmus/ipc";

/** A plain object that JSON can hold. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * Makes a record: `lastActivityMs` becomes `last_activity_ms`, `isSet` becomes `set`, what is undefined `null`. Somebody
 * who has a place in it is told by pid and name.
 */
export function infoRecord(info: object): JsonRecord {
  return Object.fromEntries(
    Object.entries(info).map(([name, value]) => [fieldName(name), fieldValue(value)]),
  );
}

/** Who has a place in a segment; `null` when nobody does. */
export function participantRecord(participant: ParticipantInfo | undefined): JsonRecord | null {
  if (participant === undefined) return null;
  const { pid, name, isAlive } = participant;
  return infoRecord({ pid, name, isAlive });
}

function fieldName(name: string): string {
  const noun = name.replace(/^is(?=[A-Z])/, "");
  return noun.replace(/(?<=.)[A-Z]/g, "_$&").toLowerCase();
}

function fieldValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fieldValue);
  if (typeof value !== "object" || value === null) return value ?? null;
  if (value instanceof HistogramSnapshot) return latencyRecord(value);
  return isParticipant(value) ? participantRecord(value) : infoRecord(value);
}

function isParticipant(value: object): value is ParticipantInfo {
  return "slot" in value && "generation" in value;
}

function latencyRecord(latency: HistogramSnapshot): JsonRecord {
  return {
    records: latency.count,
    latency_ns_min: latency.minNs,
    latency_ns_mean: latency.meanNs,
    latency_ns_p50: latency.percentile(50),
    latency_ns_p90: latency.percentile(90),
    latency_ns_p99: latency.percentile(99),
    latency_ns_p999: latency.percentile(99.9),
    latency_ns_max: latency.maxNs,
  };
}
