/**
 * Looking for needles and at lines in pieces. All is sent to Workers as text; see `piece-work.ts` for what it may use.
 *
 * @module
 */
import type { ColumnFound, NeedleFound, PieceWork, WorkPlan, Works } from "./piece-work.ts";

/** Finds needles, all in one pass. */
export function findWork({ task, needles: plan }: WorkPlan, { finder, start }: Works): PieceWork {
  if (plan === undefined) throw new TypeError("no needles");
  const needles = plan.wanted.map(({ bytes }) => bytes);
  const limit = task.kind === "find" ? task.limit : 0;
  const find = finder(plan, (module) => start("find", module));
  return {
    run: (bytes, length, offset, copy) => {
      const found = needles.map(() => ({ count: 0, first: -1, offsets: [] as number[], end: 0 }));
      find(
        bytes,
        needles.map(() => 0),
        (index, at) => {
          const one = found[index] as (typeof found)[number];
          // What begins behind the piece belongs to the next one.
          if (at >= length) return false;
          if (one.count === 0) one.first = offset + at;
          if (one.count++ < limit) one.offsets.push(offset + at);
          one.end = offset + at + (needles[index] as Uint8Array).length;
          return false;
        },
        copy,
      );
      return found satisfies NeedleFound[];
    },
    finish: () => undefined,
  };
}

/** Counts the values of a column. */
export function columnWork({ task }: WorkPlan): PieceWork {
  if (task.kind !== "topValues") throw new TypeError("no column");
  const { column, separator } = task;
  const counts = new Map<string, number>();
  let lacking = 0;
  const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9;
  const endsColumn = (byte: number | undefined): boolean =>
    separator === undefined ? isBlank(byte) : byte === separator;
  const endOf = (bytes: Buffer, from: number, end: number): number => {
    let at = from;
    while (at < end && !endsColumn(bytes[at])) at++;
    return at;
  };
  /** Where the next column begins. Blanks in a row separate once, as in awk. */
  const startOf = (bytes: Buffer, from: number, end: number): number => {
    let at = from;
    if (separator === undefined) while (at < end && isBlank(bytes[at])) at++;
    return at;
  };
  const addLine = (bytes: Buffer, start: number, end: number): void => {
    let from = startOf(bytes, start, end);
    for (let left = column; left > 1; left--) {
      const to = endOf(bytes, from, end);
      if (to === end) {
        lacking++;
        return;
      }
      from = startOf(bytes, to + 1, end);
    }
    if (separator === undefined && from === end) {
      lacking++;
      return;
    }
    // Latin-1 keeps every byte, also of what is not UTF-8.
    const value = bytes.toString("latin1", from, endOf(bytes, from, end));
    counts.set(value, (counts.get(value) ?? 0) + 1);
  };
  return {
    run({ buffer, byteOffset }, length) {
      const bytes = Buffer.from(buffer, byteOffset, length);
      for (let start = 0; start < length; ) {
        const found = bytes.indexOf(10, start);
        const end = found < 0 ? length : found;
        addLine(bytes, start, end);
        start = end + 1;
      }
      return undefined;
    },
    finish: (): ColumnFound => ({ counts, lacking }),
  };
}

/** Calls a module. */
export function moduleWork({ task }: WorkPlan): PieceWork {
  if (task.kind !== "module") throw new TypeError("no module");
  const { url, options } = task;
  const loaded = import(url);
  // Told to whoever has a piece done.
  loaded.catch(() => undefined);
  return {
    run: async (bytes, length, offset) =>
      (await loaded).scan(bytes.subarray(0, length), { offset, options }),
    finish: () => undefined,
  };
}
