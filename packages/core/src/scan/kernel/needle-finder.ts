/**
 * Finding one needle, or several in one pass: by the kernel where WebAssembly has SIMD.
 *
 * `needleFinder` is sent to Workers as text, too: it may use nothing but its arguments and what every thread has.
 *
 * @module
 */
import type { CopyBytes } from "./copy-bytes.ts";
import { NEEDLE_COUNTS, NEEDLE_STEP_BYTES, needleKernel } from "./needle-kernel.ts";
import { assemble } from "./wasm.ts";

/** What is looked at in one go. Its places, were they all of its bytes, take four times as much. */
const BLOCK_BYTES = 1 << 18;
/** How far behind a place the kernel looks at most. */
const REACH_BYTES = 64;
const TABLE_OFFSET: number = BLOCK_BYTES + REACH_BYTES;
const TABLE_BYTES = 64;
const PLACES_OFFSET: number = TABLE_OFFSET + TABLE_BYTES;

/** Below this, compiling the kernels takes longer than searching without them. */
const COMPILE_FROM_BYTES = 4 << 20;
/** Below this, giving one memory of its own does. */
const KERNEL_FROM_BYTES = 1 << 20;

/** The bit in which an upper and a lower case letter differ. */
const CASE = 0x20;

/** How often a byte is in texts and logs, roughly: the first ones most. What is not here is rare. */
const COMMON_BYTES = " etaoinsrhldcu0m1f2p3gy4w5.b6v7k8,9-:/x\nETAOINSRHLDCUM\"_=()[];'jqz\0";

/** A needle as bytes are compared with it. */
interface Wanted {
  readonly bytes: Uint8Array;
  /** What is set in each byte of the content before it is compared: the bit in which letters differ by case, or nothing. */
  readonly folds: Uint8Array;
  /** Whether nothing is set. */
  readonly isExact: boolean;
}

/** Needles that one kernel looks for. */
interface Group {
  /** Their numbers. */
  readonly needles: readonly number[];
  /** The name of the kernel. */
  readonly kernel: string;
  /** The two offsets in each needle at which the kernel compares. */
  readonly first: number;
  readonly second: number;
  readonly table: Uint8Array;
}

/** What is looked for, and how; can be sent to Workers. */
export interface NeedlePlan {
  readonly wanted: readonly Wanted[];
  /** The needles that kernels find. */
  readonly groups: readonly Group[];
  /** Those that are found one after the other: the long ones, for to compare them again and again could take for ever. */
  readonly rest: readonly number[];
  /** A `WebAssembly.Module`; undefined without groups. */
  readonly module: object | undefined;
  /** What is set in every byte before kernels compare it; what else they take for equal then is looked at again. */
  readonly fold: number;
  readonly blockBytes: number;
  readonly stepBytes: number;
  readonly tableOffset: number;
  readonly placesOffset: number;
}

/**
 * Is told of each match: which needle, and where it begins. Matches of one needle come in order, and do not overlap.
 *
 * @returns Whether to stop.
 */
export type EachMatch = (needle: number, at: number) => boolean;

/**
 * Looks for the needles in some bytes.
 *
 * @param from Where the next match of each needle may begin, in bytes; moved on behind each match.
 * @param copy Copies of the bytes; from their array unless given.
 */
export type FindNeedles = (
  bytes: Uint8Array,
  from: number[],
  each: EachMatch,
  copy?: CopyBytes,
) => void;

/** A part of what is searched. */
interface Part {
  readonly bytes: Buffer;
  /** Where it begins. */
  readonly start: number;
  /** In how many of its bytes a match may begin. */
  readonly length: number;
}

/** `null` where the engine or the CPU has no SIMD. */
let compiled: WebAssembly.Module | null | undefined;

/** How needles are looked for. */
export interface NeedleOptions {
  /** Whether "a" to "z" are also "A" to "Z". */
  readonly ignoreCase: boolean;
  /** Whether all matches are looked for: the first one is mostly near, and the engine finds it soonest. */
  readonly seeksAll: boolean;
  /** How much will be searched in all: compiling kernels takes longer than a short search without them. */
  readonly totalBytes: number;
}

/** Plans a search. */
export function needlePlan(
  needles: readonly Uint8Array[],
  { ignoreCase, seeksAll, totalBytes }: NeedleOptions,
): NeedlePlan {
  if (totalBytes >= COMPILE_FROM_BYTES) compiled ??= compile();
  const module = totalBytes < KERNEL_FROM_BYTES ? undefined : (compiled ?? undefined);
  const wanted = needles.map((needle) => wantedOf(needle, ignoreCase));
  const all = wanted.map((_, index) => index);
  const isForKernel = module !== undefined && (seeksAll || ignoreCase);
  const isShort = (index: number): boolean =>
    isForKernel && (wanted[index] as Wanted).bytes.length <= REACH_BYTES;
  const short = all.filter(isShort);
  const most = NEEDLE_COUNTS.at(-1) as number;
  const groups: Group[] = [];
  for (let i = 0; i < short.length; i += most) {
    groups.push(groupOf(short.slice(i, i + most), wanted));
  }
  return {
    wanted,
    groups,
    rest: all.filter((index) => !isShort(index)),
    module: groups.length === 0 ? undefined : module,
    fold: ignoreCase ? CASE : 0,
    blockBytes: BLOCK_BYTES,
    stepBytes: NEEDLE_STEP_BYTES,
    tableOffset: TABLE_OFFSET,
    placesOffset: PLACES_OFFSET,
  };
}

function wantedOf(needle: Uint8Array, ignoreCase: boolean): Wanted {
  if (!ignoreCase) return { bytes: needle, folds: new Uint8Array(needle.length), isExact: true };
  const isLetter = (byte: number): boolean => (byte | CASE) >= 0x61 && (byte | CASE) <= 0x7a;
  const folds = needle.map((byte) => (isLetter(byte) ? CASE : 0));
  const bytes = needle.map((byte, i) => byte | (folds[i] as number));
  return { bytes, folds, isExact: false };
}

/** Finds the two offsets, the same for all, at which the bytes of the needles are rarest. */
function groupOf(needles: readonly number[], all: readonly Wanted[]): Group {
  const wanted = needles.map((index) => all[index] as Wanted);
  const length = Math.min(...wanted.map(({ bytes }) => bytes.length));
  const rarity = Array.from({ length }, (_, offset) =>
    Math.min(...wanted.map(({ bytes }) => rarityOf(bytes[offset] as number))),
  );
  const offsets = rarity.map((_, offset) => offset);
  offsets.sort((a, b) => (rarity[b] as number) - (rarity[a] as number) || a - b);
  const [first = 0, second = first] = offsets;
  const count = NEEDLE_COUNTS.find((each) => each >= needles.length) as number;
  const entries = Array.from({ length: count }, (_, i) => wanted[i] ?? (wanted[0] as Wanted));
  const table = entries.flatMap(({ bytes }) =>
    [first, second].map((offset) => bytes[offset] as number),
  );
  return { needles, kernel: `needles${count}`, first, second, table: Uint8Array.from(table) };
}

function rarityOf(byte: number): number {
  const rank = COMMON_BYTES.indexOf(String.fromCharCode(byte));
  return rank < 0 ? COMMON_BYTES.length : rank;
}

/**
 * Makes a finder that has memory of its own.
 *
 * @param start Starts the kernels, given their `WebAssembly.Module`; returns what they export.
 */
export function needleFinder(
  plan: NeedlePlan,
  start: (module: object) => object = (module) =>
    new WebAssembly.Instance(module as WebAssembly.Module).exports,
): FindNeedles {
  const { wanted, groups, rest, tableOffset, placesOffset } = plan;
  const isAt = (bytes: Uint8Array, end: number, at: number, one: Wanted): boolean => {
    const { bytes: needle, folds } = one;
    if (at + needle.length > end) return false;
    for (let i = 0; i < needle.length; i++) {
      if (((bytes[at + i] as number) | (folds[i] as number)) !== needle[i]) return false;
    }
    return true;
  };
  /** Where a needle is next, or -1: by the engine where case matters. */
  const nextOf = (bytes: Buffer, needle: Wanted, from: number): number => {
    if (needle.isExact) return bytes.indexOf(needle.bytes, from);
    const { length } = bytes;
    for (let at = from; at < length; at++) if (isAt(bytes, length, at, needle)) return at;
    return -1;
  };
  /** Finds one needle; returns whether to stop. */
  const findOne = (index: number, part: Part, from: number[], each: EachMatch): boolean => {
    const { bytes, start, length } = part;
    const needle = wanted[index] as Wanted;
    for (;;) {
      const at = nextOf(bytes, needle, Math.max(0, (from[index] as number) - start));
      if (at < 0 || at >= length) return false;
      from[index] = start + at + needle.bytes.length;
      if (each(index, start + at)) return true;
    }
  };
  const findRest = (
    { buffer, byteOffset, length }: Uint8Array,
    from: number[],
    each: EachMatch,
  ) => {
    const whole = { bytes: Buffer.from(buffer, byteOffset, length), start: 0, length };
    rest.some((index) => findOne(index, whole, from, each));
  };
  if (plan.module === undefined) return findRest;

  const { memory, ...kernels } = start(plan.module) as { memory: WebAssembly.Memory };
  const memoryBytes = new Uint8Array(memory.buffer);
  const places = new Uint32Array(memory.buffer, placesOffset);
  type Kernel = (...numbers: readonly number[]) => number;
  /** Finds candidates in the block that is in the memory. */
  const candidates = ({ kernel, table, first, second }: Group, length: number): number => {
    memoryBytes.set(table, tableOffset);
    const run = (kernels as Readonly<Record<string, Kernel>>)[kernel] as Kernel;
    return (run(length, placesOffset, tableOffset, first, second, plan.fold) - placesOffset) / 4;
  };
  const searches = groups.map((group) => ({
    group,
    needles: group.needles.map((index) => {
      const needle = wanted[index] as Wanted;
      return { index, needle, first: needle.bytes[0], fold: needle.folds[0] as number };
    }),
  }));
  return (
    bytes,
    from,
    each,
    copy = (at, into) => into.set(bytes.subarray(at, at + into.length)),
  ) => {
    const start = Math.min(...groups.flatMap(({ needles }) => needles.map((i) => from[i] ?? 0)));
    for (let block = start; block < bytes.length; block += plan.blockBytes) {
      const length = Math.min(plan.blockBytes, bytes.length - block);
      /** With what a match that begins in the block may reach into. */
      const end = Math.min(tableOffset, bytes.length - block);
      copy(block, memoryBytes.subarray(0, end));
      for (const { group, needles } of searches) {
        // In the last step, and behind the last byte, the kernel sees older ones: each place is looked at again.
        const count = candidates(group, Math.ceil(length / plan.stepBytes) * plan.stepBytes);
        // More candidates than one in 16 bytes: to look at each would take longer than another search.
        if (plan.fold === 0 && count > length / 16) {
          const part = { bytes: Buffer.from(memory.buffer, 0, end), start: block, length };
          if (needles.some(({ index }) => findOne(index, part, from, each))) return;
          continue;
        }
        for (let i = 0; i < count; i++) {
          const place = places[i] as number;
          const at = block + place;
          for (let next = 0; next < needles.length; next++) {
            const { index, needle, first, fold } = needles[next] as (typeof needles)[number];
            // Most candidates are none already here.
            if (((memoryBytes[place] as number) | fold) !== first) continue;
            if (at < (from[index] as number) || !isAt(memoryBytes, end, place, needle)) continue;
            from[index] = at + needle.bytes.length;
            if (each(index, at)) return;
          }
        }
      }
    }
    findRest(bytes, from, each);
  };
}

function compile(): WebAssembly.Module | null {
  const code = assemble(PLACES_OFFSET + 4 * BLOCK_BYTES, NEEDLE_COUNTS.map(needleKernel));
  return WebAssembly.validate(code) ? new WebAssembly.Module(code) : null;
}
