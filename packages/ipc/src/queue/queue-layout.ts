/**
 * What is in a work queue's segment besides participants, wait cells and the mutex.
 *
 * ```text
 *   section "state"; everything but the first 64 bytes is changed under the mutex only
 *     0 ┌ mode           u32   1 jobs of a struct, 2 bytes, 3 JSON
 *     4 │ cellCount      u32   how many cells there are: N
 *     8 │ cellBytes      u32   from one cell to the next, a multiple of 64
 *    12 │ payloadBytes   u32   what a cell has room for behind its header
 *    16 │ recordBytes    u32   size of a struct; else 0
 *    20 │ maxAttempts    u32   how often a job is taken at most; 0: as often as need be
 *    24 │ leaseMs        u32   how long a job may be worked on; 0: as long as its worker lives
 *    28 │ keyLists       u32   how many lists of keys there are, a power of two: K
 *    32 └ reserved       32 bytes
 *    64 ┌ isPaused       u32   1 while nothing is to be taken
 *    68 │ takes          u32   grows by 1 with every job that is taken
 *    72 │ freeFirst      u32   first free cell + 1; 0: none. So are all links
 *    76 │ takenFirst     u32   the job that has been worked on longest
 *    80 │ takenLast      u32
 *    84 │ deadFirst      u32   the dead letter that came first
 *    88 │ deadLast       u32
 *    92 │ timerCount     u32   how many cells are in the heap of times
 *    96 │ classes        u32   bit n: class n has a job that is ready
 *   100 └ reserved       4 bytes
 *   104 ┌ lastSequence   u64   number of the job that was added last
 *   112 ┌ boot           u64   which start of the machine the times are of; zero: nobody knows
 *   120 └ reserved       8 bytes
 *   128 ┌ gauges and counters, u64 each, in the order of COUNTS
 *   384 ┌ class 0, 1, … 31, each 16 bytes: shares u64 (bit n: share n has a job that is ready), lastShare u32, reserved
 *   896 ┌ class 0, 1, … 31, each with share 0, 1, … 63: first u32, last u32, the jobs that are ready
 * 17280 ┌ keys          K × u32  first job of those whose key belongs to the list
 *       │ timers        N × u32  a heap of cells by their times, the earliest first
 *       └ padding to a multiple of 64, then N cells
 *
 *   cell
 *     0 ┌ state          u32   kind in bits 0 to 3, see KIND; above, how often it was changed
 *     4 │ next           u32   next cell of its list
 *     8 │ previous       u32   previous cell of the list of those that are taken
 *    12 │ owner          u32   taken, filling: participant slot + 1
 *    16 │ ownerLife      u32   and its generation
 *    20 │ length         u32   bytes of the record
 *    24 │ more           u32   first cell with the rest of the record
 *    28 │ attempts       u32   how often it was taken
 *    32 │ place          u32   class in bits 0 to 4, share in bits 8 to 13, bit 16: a dead letter
 *    36 │ timer          u32   place in the heap + 1; 0: none
 *    40 │ sequence       u64   number of the job; 0 from its cell's being taken for something else on
 *    48 │ due            u64   when it is due, or its lease is over, in milliseconds of CLOCK_MONOTONIC
 *    56 │ key            u64   hash of its key; 0: none
 *    64 │ keyNext        u32   next job of the same list of keys
 *    68 │ heldFirst      u32   the job of the same key that comes after this one
 *    72 │ heldLast       u32   and the last one
 *    76 │ error          u32   first cell with the text of the last error
 *    80 │ errorLength    u32   its bytes
 *    84 │ reason         u32   why it came back the last time, see REASON; 0: it never did
 *    88 │ addedAt        u64   nanoseconds of CLOCK_MONOTONIC
 *    96 │ takenAt        u64   the same
 *   104 └ reserved       24 bytes
 *   128 ┌ payload
 * ```
 *
 * **The cells say what is true; all lists, the heap and the gauges follow from them.** A job changes its kind by one
 * store to `state`, behind everything that its new kind needs. Whoever finds that the last owner of the mutex died, or
 * a link that cannot be, makes the rest anew from the cells.
 *
 * Wait cell 0 is the mutex's, 1 is woken when a job may be ready, 2 when there may be room or the queue is empty.
 *
 * @module
 */

/** Word offsets within section "state". */
export const QUEUE = {
  mode: 0,
  cellCount: 1,
  cellBytes: 2,
  payloadBytes: 3,
  recordBytes: 4,
  maxAttempts: 5,
  leaseMs: 6,
  keyLists: 7,
  isPaused: 16,
  takes: 17,
  freeFirst: 18,
  takenFirst: 19,
  takenLast: 20,
  deadFirst: 21,
  deadLast: 22,
  timerCount: 23,
  classes: 24,
  lastSequence: 26,
  boot: 28,
  counts: 32,
  classWords: 96,
  lists: 224,
  tables: 4320,
} as const;

/** The gauges, which follow from the cells, and the counters, which only grow. All but `usedCells` are figures. */
export const COUNTS = {
  waiting: 0,
  delayed: 1,
  held: 2,
  inFlight: 3,
  deadLetters: 4,
  usedCells: 5,
  added: 8,
  addedBytes: 9,
  taken: 10,
  done: 11,
  failed: 12,
  returned: 13,
  orphaned: 14,
  expired: 15,
  deadLettered: 16,
  drops: 17,
  fullWaits: 18,
  emptyWaits: 19,
  recoveries: 20,
  corruptions: 21,
} as const;

/** A number of two words; 0 where they have what cannot be one. */
export function longOf(low: number, high: number): number {
  const value = (low >>> 0) + (high >>> 0) * 2 ** 32;
  return value <= Number.MAX_SAFE_INTEGER ? value : 0;
}

/** The name of a gauge or counter. */
export type Count = keyof typeof COUNTS;

/** Those that are told. */
export type ToldCount = Exclude<Count, "usedCells">;

const TOLD = (Object.keys(COUNTS) as Count[]).filter((name) => name !== "usedCells");

/**
 * Reads all that are told.
 *
 * @param count Reads one.
 */
export function readCounts(count: (name: Count) => number): Readonly<Record<ToldCount, number>> {
  return Object.fromEntries(TOLD.map((name) => [name, count(name)])) as Record<ToldCount, number>;
}

/** How many of them are gauges. */
export const GAUGE_COUNT = 8;

/** Classes of priority, and shares of each class between which takes go round. */
export const CLASS_COUNT = 32;
export const SHARE_COUNT = 64;

/** Words of one class: its shares, and which had the last turn. */
export const CLASS_WORDS = 4;
export const CLASS = { sharesLow: 0, sharesHigh: 1, lastShare: 2 } as const;

/** Word offsets within a cell. */
export const CELL = {
  state: 0,
  next: 1,
  previous: 2,
  owner: 3,
  ownerLife: 4,
  length: 5,
  more: 6,
  attempts: 7,
  place: 8,
  timer: 9,
  sequence: 10,
  due: 12,
  key: 14,
  keyNext: 16,
  heldFirst: 17,
  heldLast: 18,
  error: 19,
  errorLength: 20,
  reason: 21,
  addedAt: 22,
  takenAt: 24,
} as const;

/** Bytes of a cell before its payload. */
export const CELL_HEADER_BYTES = 128;

/** Cells begin on whole cache lines. */
export const CELL_ALIGNMENT = 64;

/** What a cell is. */
export const KIND = {
  free: 0,
  /** Waits to be taken. */
  ready: 1,
  /** Waits for its time. */
  delayed: 2,
  /** Waits for the job before it that has the same key. */
  held: 3,
  /** A worker has it. */
  taken: 4,
  /** A dead letter. */
  dead: 5,
  /** Has the rest of a record, or of an error. */
  more: 6,
  /** Its record is being written, outside of the mutex. */
  filling: 7,
} as const;

/** Kinds as bits of one word: which a list may lead to, and which may be the first of their key. */
export const KINDS: Readonly<Record<"ready" | "held" | "dead" | "workedOn" | "leading", number>> = {
  ready: 1 << KIND.ready,
  held: 1 << KIND.held,
  dead: 1 << KIND.dead,
  workedOn: (1 << KIND.taken) | (1 << KIND.filling),
  leading: (1 << KIND.ready) | (1 << KIND.delayed) | (1 << KIND.taken),
};

/** Why a job came back. */
export const REASON = { failed: 1, returned: 2, orphaned: 3, expired: 4 } as const;

/** What is told of a job that came back without a text of its own, by its reason. */
const REASON_TEXTS: readonly (string | undefined)[] = [
  undefined,
  "it failed",
  "it was left without done()",
  "its worker died",
  "its lease was over",
];

/** Why a job came back the last time, in words; undefined when it never did, and for what is no reason. */
export function reasonText(reason: number): string | undefined {
  return REASON_TEXTS[reason];
}

/** Bits of `state` that are the kind. */
export const KIND_BITS = 4;
export const KIND_MASK: number = (1 << KIND_BITS) - 1;

/** Parts of `place`. */
export const CLASS_MASK: number = CLASS_COUNT - 1;
export const SHARE_SHIFT = 8;
export const DEAD_BIT: number = 1 << 16;

/** The wait cells. */
export const MUTEX_CELL = 0;
export const READY_CELL = 1;
export const ROOM_CELL = 2;
export const QUEUE_CELL_COUNT = 3;

/** Where the cells begin, in bytes from the start of section "state". */
export function cellsOffset(cellCount: number, keyLists: number): number {
  const bytes = (QUEUE.tables + keyLists + cellCount) * 4;
  return Math.ceil(bytes / CELL_ALIGNMENT) * CELL_ALIGNMENT;
}

/** Length of section "state" in bytes. */
export function queueBytes(cellCount: number, keyLists: number, cellBytes: number): number {
  return cellsOffset(cellCount, keyLists) + cellCount * cellBytes;
}

if (QUEUE.counts + Math.max(...Object.values(COUNTS)) * 2 + 2 > QUEUE.classWords) {
  throw new Error("queue: the counters overlap the classes");
}
if (QUEUE.classWords + CLASS_COUNT * CLASS_WORDS !== QUEUE.lists) {
  throw new Error("queue: the lists do not follow the classes");
}
if (QUEUE.lists + CLASS_COUNT * SHARE_COUNT * 2 !== QUEUE.tables) {
  throw new Error("queue: the tables do not follow the lists");
}
if ((CELL.takenAt + 2) * 4 > CELL_HEADER_BYTES || Math.max(...Object.values(COUNTS)) >= 32) {
  throw new Error("queue: a cell's header overlaps its payload");
}
