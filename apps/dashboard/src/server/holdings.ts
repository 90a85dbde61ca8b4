/**
 * What participants have of what there is to have: permits of a semaphore, jobs of a queue.
 *
 * @module
 */
import { FIGURES, type FigureTable, type ParticipantInfo, type SegmentSample } from "@isthmus/ipc";

type Loose = Readonly<Record<string, unknown>>;

/** Kinds whose lists of participants are of ends of rings, or of who reads along, which hold nothing. */
const FLOWS: ReadonlySet<string> = new Set(["channel", "topic", "service", "journal", "bridge"]);

/**
 * Finds lists of what somebody has, in whatever the reader of a kind has found. What can be added up by the tables of
 * the kind is; else what is in the list is counted, by the list's own name.
 *
 * @returns By slot: `2 permits`, `3 jobs`.
 */
export function holdingsOf(sample: SegmentSample): ReadonlyMap<number, string> {
  const held = new Map<number, Map<string, number>>();
  const details = (sample as unknown as Loose)[sample.kind];
  if (FLOWS.has(sample.kind) || !isObject(details)) return new Map();
  for (const [list, items] of Object.entries(details)) {
    if (!Array.isArray(items)) continue;
    for (const item of items as readonly unknown[]) {
      const holder = isObject(item) && Object.values(item).find(isParticipant);
      if (!holder) continue;
      const [unit, amount] = amountOf(sample.kind, item as Loose) ?? [list, 1];
      const all = held.get(holder.slot) ?? new Map<string, number>();
      held.set(holder.slot, all.set(unit, (all.get(unit) ?? 0) + amount));
    }
  }
  return new Map(Array.from(held, ([slot, all]) => [slot, textOf(all)]));
}

/** The first figure of the tables that the item has and that adds up. */
function amountOf(kind: string, item: Loose): readonly [unit: string, amount: number] | undefined {
  const parts = Object.entries(FIGURES).find(([name]) => name === kind)?.[1] ?? {};
  for (const table of Object.values<FigureTable>(parts)) {
    for (const [name, { type, total, unit }] of Object.entries(table)) {
      const value = item[name];
      if (type === "gauge" && total === "sum" && typeof value === "number") return [unit, value];
    }
  }
  return undefined;
}

function textOf(amounts: ReadonlyMap<string, number>): string {
  const texts = Array.from(amounts, ([unit, amount]) =>
    amount === 1 ? `1 ${unit.replace(/s$/, "")}` : `${amount} ${unit}`,
  );
  return texts.join(", ");
}

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null;
}

function isParticipant(value: unknown): value is ParticipantInfo {
  return isObject(value) && typeof value["slot"] === "number" && "generation" in value;
}
