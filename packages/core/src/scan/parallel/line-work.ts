/**
 * Looking for needles and at lines in pieces. All is sent to Workers as text; see `piece-work.ts` for what it may use.
 *
 * @module
 */
import type { ColumnFound, NeedleFound, PieceWork, WorkPlan } from "./piece-work.ts";

/** Finds needles. */
export function findWork({ task }: WorkPlan): PieceWork {
  const isFind = task.kind === "find";
  const needles = isFind ? task.needles : task.kind === "count" ? [task.needle] : [];
  const limit = isFind ? task.limit : 0;
  const wanted = needles.map((n) => Buffer.from(n.buffer, n.byteOffset, n.length));
  const findOne = (bytes: Buffer, needle: Buffer, offset: number): NeedleFound => {
    const offsets: number[] = [];
    let count = 0;
    let first = -1;
    let next = 0;
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, next)) {
      if (count === 0) first = offset + at;
      if (count++ < limit) offsets.push(offset + at);
      next = at + needle.length;
    }
    return { count, first, offsets, end: count === 0 ? 0 : offset + next };
  };
  return {
    run: ({ buffer, byteOffset, byteLength }, length, offset) =>
      wanted.map((needle) => {
        const reach = Math.min(byteLength, length + needle.length - 1);
        return findOne(Buffer.from(buffer, byteOffset, reach), needle, offset);
      }),
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
