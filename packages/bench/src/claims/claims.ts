/**
 * What is said about Isthmus, row by row, and what each row compares.
 *
 * @module
 */

import {
  ADDING_UP,
  ARRAYS_ARE_DEAR,
  BELL_IS_BARE,
  COMPILED_LATE,
  COPY_IS_CHEAP,
  DISK_DECIDES,
  EACH_HAS_A_SUM,
  KERNEL_TAKES_APART,
  LINES_TRAVEL,
  MEMORY_IS_FAR,
  POLLING_NEEDS_CPUS,
  type Reason,
  SCANS_READ_TOO,
  STREAM_IS_BETTER,
  TIME_IS_ASKED,
} from "./reasons.ts";

/** One row of the claims table before it is measured. */
export interface ClaimSpec {
  readonly id: string;
  /** Rows that belong together; can be asked for by this word. */
  readonly group: string;
  readonly title: string;
  /** Ids of cases. */
  readonly subject: string;
  readonly baseline: string;
  /** How many times better the subject is said to be; absent where nothing is claimed. */
  readonly target?: { readonly at_least: number; readonly up_to?: number };
  /** Compares how much the process grew instead of the figures. */
  readonly quantity?: "peak_growth_bytes";
  /** Why it may not hold; printed where it does not. */
  readonly reason?: string;
  /** Ids of cases that show it; what they measured is printed with the reason. */
  readonly evidence?: readonly string[];
}

const SEQUENTIAL = { at_least: 2, up_to: 3 } as const;
const RANDOM = { at_least: 5, up_to: 10 } as const;
const LARGE = { at_least: 3, up_to: 5 } as const;
const PIPES = { at_least: 20, up_to: 50 } as const;
/** At most twice the time of what a sleeper needs at least. */
const ASLEEP = { at_least: 0.5 } as const;
/** At most one and a half times the time of two words that bounce. */
const POLLING = { at_least: 0.67 } as const;
const JOBS = { at_least: 20 } as const;
/** At most one and a half times the time of a channel. */
const HAND_OVER = { at_least: 0.67 } as const;
/** How many wait makes no difference but that of caches. */
const FLAT = { at_least: 0.5 } as const;
/** At most 1.2 times the time. */
const COPIED_COLD = { at_least: 0.83 } as const;
const WINS = { at_least: 1 } as const;

/** A row of a group. */
type Row = readonly [id: string, title: string, subject: string, baseline: string, why?: Reason];

function rows(group: string, target: ClaimSpec["target"], list: readonly Row[]): ClaimSpec[] {
  return list.map(([id, title, subject, baseline, why]) => {
    const spec = { id: `${group}-${id}`, group, title, subject, baseline };
    const reason = why && { reason: why.text, evidence: why.evidence ?? [] };
    return { ...spec, ...(target && { target }), ...reason };
  });
}

const FILES: readonly ClaimSpec[] = [
  ...rows("sequential", SEQUENTIAL, [
    [
      "stream",
      "mapping / createReadStream",
      "sequential.mapping",
      "sequential.stream",
      STREAM_IS_BETTER,
    ],
    [
      "bun-stream",
      "mapping / Bun.file().stream()",
      "sequential.mapping",
      "sequential.bunStream",
      COPY_IS_CHEAP,
    ],
    [
      "read-sync",
      "mapping / readSync 256 KiB",
      "sequential.mapping",
      "sequential.readSync",
      COPY_IS_CHEAP,
    ],
    [
      "bytes",
      "mapping / Bun.file().bytes()",
      "sequential.mapping",
      "sequential.bytes",
      COPY_IS_CHEAP,
    ],
  ]),
  ...rows("again", SEQUENTIAL, [
    [
      "read-sync",
      "mapped before / readSync 256 KiB",
      "sequential.again",
      "sequential.readSync",
      ADDING_UP,
    ],
    [
      "large-read-sync",
      "mapped before / readSync, > 100 MB",
      "large.again",
      "large.readSync",
      ADDING_UP,
    ],
  ]),
  ...rows("cold", undefined, [
    ["stream", "mapping / createReadStream", "cold.mapping", "cold.stream", DISK_DECIDES],
    ["read-sync", "mapping / readSync", "cold.mapping", "cold.readSync", DISK_DECIDES],
  ]),
  ...rows("cold", COPIED_COLD, [
    ["chunks", "chunks and set / readSync, small read-ahead", "disk.chunks", "disk.readSync"],
    ["read-array", "readArray / readSync, small read-ahead", "disk.readArray", "disk.readSync"],
    ["view-stream", "ViewStream / readSync, small read-ahead", "disk.stream", "disk.readSync"],
  ]),
  ...rows("random", RANDOM, [
    ["read-sync", "mapping / readSync of 4 bytes", "random.mapping", "random.readSync"],
    ["file-handle", "mapping / FileHandle.read of 4 bytes", "random.mapping", "random.fileHandle"],
  ]),
  ...rows("large", LARGE, [
    [
      "stream",
      "mapping / createReadStream, > 100 MB",
      "large.mapping",
      "large.stream",
      STREAM_IS_BETTER,
    ],
    [
      "bun-stream",
      "mapping / Bun.file().stream(), > 100 MB",
      "large.mapping",
      "large.bunStream",
      COPY_IS_CHEAP,
    ],
    ["read-sync", "mapping / readSync, > 100 MB", "large.mapping", "large.readSync", COPY_IS_CHEAP],
  ]),
  ...rows("large", undefined, [
    ["whole-time", "views / reading it whole: time", "large.mapping", "large.bytes"],
  ]),
  {
    id: "large-whole-memory",
    group: "large",
    title: "views / reading it whole: peak memory",
    subject: "large.mapping",
    baseline: "large.bytes",
    quantity: "peak_growth_bytes",
  },
  ...rows("small", WINS, [
    [
      "4k",
      "readFileSync / mapping, 4 KiB: mapping loses",
      "small.readFileSync-4096",
      "small.mapping-4096",
    ],
    [
      "16m",
      "mapping / readFileSync, 16 MiB: mapping wins",
      "small.mapping-16777216",
      "small.readFileSync-16777216",
      COPY_IS_CHEAP,
    ],
  ]),
];

const SCANS: readonly ClaimSpec[] = [
  ...rows("scan", { at_least: 1.2 }, [
    ["wc", "count of a byte / wc -l", "scans.count", "scans.wc", SCANS_READ_TOO],
    ["rg", "count of a text / rg -c -F", "scans.countText", "scans.rg", SCANS_READ_TOO],
    ["grep", "count of a text / grep -c -F", "scans.countText", "scans.grep", SCANS_READ_TOO],
  ]),
  ...rows("scan", { at_least: 12 }, [
    ["text", "lines, words, longest line / wc -lwL", "scans.text", "scans.wcText"],
  ]),
  ...rows("scan", { at_least: 3 }, [
    ["histogram", "histogram / loop with four tables", "scans.histogram", "scans.histogramLoop"],
  ]),
  ...rows("scan", { at_least: 6 }, [
    ["lines", "forEachLine / lines by a generator", "scans.forEachLine", "scans.linesGenerator"],
  ]),
  ...rows("scan", { at_least: 1.5 }, [
    ["decoded", "lines / lines by a generator", "scans.lines", "scans.linesGenerator"],
    [
      "read-kernel",
      "count of a byte / readSync and the same kernel",
      "scans.count",
      "scans.countReadKernel",
      SCANS_READ_TOO,
    ],
  ]),
  ...rows("scan", { at_least: 2 }, [
    [
      "raw",
      "raw lines / lines by a generator",
      "scans.rawLines",
      "scans.linesGenerator",
      ARRAYS_ARE_DEAR,
    ],
  ]),
  ...rows("scan", { at_least: 1.2 }, [
    [
      "any-case",
      "count of a text in any case / rg -i",
      "scans.countAnyCase",
      "scans.rgAnyCase",
      SCANS_READ_TOO,
    ],
    ["four", "four texts at once / one after the other", "scans.findFour", "scans.findFourIndexOf"],
  ]),
  {
    id: "scan-huge-memory",
    group: "scan",
    title: "count in a huge file: growth / 64 MiB",
    subject: "scans.huge",
    baseline: "scans.hugeLimit",
    quantity: "peak_growth_bytes",
    target: { at_least: 1 },
  },
  ...rows("scan", { at_least: 1.7 }, [
    ["threads", "two threads / one", "scans.twoThreads", "scans.oneThread"],
  ]),
  ...rows("scan", WINS, [
    [
      "read-sync",
      "count of a byte / readSync and Buffer.indexOf",
      "scans.count",
      "scans.countReadSync",
      SCANS_READ_TOO,
    ],
    [
      "stream",
      "count of a byte / createReadStream and Buffer.indexOf",
      "scans.count",
      "scans.countStream",
      SCANS_READ_TOO,
    ],
    ["loop", "count of a byte / byte loop over chunks", "scans.count", "scans.countLoop"],
  ]),
];

const COMMUNICATION: readonly ClaimSpec[] = [
  ...rows("pipes", PIPES, [
    [
      "batch",
      "channel batch(256) / named pipe",
      "records.batch",
      "records.pipe",
      POLLING_NEEDS_CPUS,
    ],
    ["claim", "channel claim / named pipe", "records.claim", "records.pipe", POLLING_NEEDS_CPUS],
    ["send", "channel send / named pipe", "records.send", "records.pipe", POLLING_NEEDS_CPUS],
  ]),
  ...rows("pipes", undefined, [
    ["follow", "channel send, for await / named pipe", "records.follow", "records.pipe"],
    ["batched", "channel send / named pipe in 64 KiB", "records.send", "records.pipeBatched"],
    [
      "round-trip",
      "round trip: channels in receive() / pipes blocking",
      "roundTrip.blocking",
      "roundTrip.pipe",
    ],
    [
      "request",
      "round trip: Requester asleep / pipes asleep",
      "roundTrip.request",
      "roundTrip.bell",
    ],
    ["event", "round trip: NamedEvent asleep / pipes asleep", "roundTrip.event", "roundTrip.bell"],
  ]),
  ...rows("pipes", ASLEEP, [
    [
      "asleep",
      "round trip: channels asleep / pipes asleep",
      "roundTrip.asleep",
      "roundTrip.bell",
      BELL_IS_BARE,
    ],
  ]),
  ...rows("polling", POLLING, [
    [
      "words",
      "round trip: channels polling / two bare words",
      "roundTrip.spinning",
      "roundTrip.words",
      LINES_TRAVEL,
    ],
  ]),
  ...rows("messages", undefined, [
    ["spawn-ipc", "channel send, for await / Bun.spawn ipc", "records.follow", "records.spawnIpc"],
    ["publish", "publish to one / Unix socket in 64 KiB", "records.publish", "records.socket"],
    [
      "publish-two",
      "publish to two / Unix socket in 64 KiB to one",
      "records.publishTwo",
      "records.socket",
    ],
    ["socket", "channel send / Unix socket in 64 KiB", "records.send", "records.socket"],
    ["worker", "channel send / Worker.postMessage", "records.send", "records.workerMessages"],
    [
      "shared-array-buffer",
      "channel batch / ring in SharedArrayBuffer",
      "records.batch",
      "records.sharedArrayBuffer",
    ],
    ["bun-mmap", "channel batch / ring in Bun.mmap", "records.batch", "records.bunMmap"],
    ["node-ipc", "channel send / node-ipc", "records.send", "records.nodeIpc"],
  ]),
  ...rows("latency", undefined, [
    ["paced-socket", "one a millisecond: channels / Unix socket", "paced.channel", "paced.socket"],
    [
      "paced-spawn-ipc",
      "one a millisecond: channels / Bun.spawn ipc",
      "paced.channel",
      "paced.spawnIpc",
    ],
    ["request", "latency p50: Requester / Bun.spawn ipc", "latency.request", "latency.spawnIpc"],
    ["pipe", "latency p50: channels / named pipes", "latency.channel", "latency.pipe"],
    ["socket", "latency p50: channels / Unix socket", "latency.channel", "latency.socket"],
    ["spawn-ipc", "latency p50: channels / Bun.spawn ipc", "latency.channel", "latency.spawnIpc"],
    [
      "worker",
      "latency p50: channels / Worker.postMessage",
      "latency.channel",
      "latency.workerMessages",
    ],
  ]),
];

const OTHERS: readonly ClaimSpec[] = [
  ...rows("state", undefined, [
    [
      "update-sqlite",
      "update: SharedStruct / bun:sqlite",
      "state.update-struct",
      "state.update-sqlite",
    ],
    ["update-lmdb", "update: SharedStruct / lmdb", "state.update-struct", "state.update-lmdb"],
    ["read-sqlite", "read: SharedStruct / bun:sqlite", "state.read-struct", "state.read-sqlite"],
    ["read-lmdb", "read: SharedStruct / lmdb", "state.read-struct", "state.read-lmdb"],
  ]),
  ...rows("jobs", JOBS, [
    ["sqlite", "two workers: WorkQueue / bun:sqlite", "workers.queue", "workers.sqlite"],
    ["redis", "two workers: WorkQueue / Redis", "workers.queue", "workers.redis"],
  ]),
  ...rows("jobs", HAND_OVER, [
    [
      "hand-over",
      "round trip asleep: WorkQueues / channels",
      "roundTrip.jobs",
      "roundTrip.asleep",
      COMPILED_LATE,
    ],
  ]),
  ...rows("jobs", WINS, [
    [
      "death",
      "worker killed: its job at the next one / 5 ms",
      "workers.death-queue",
      "workers.death-limit",
      KERNEL_TAKES_APART,
    ],
  ]),
  ...rows("jobs", undefined, [
    ["death-pipe", "worker killed: job / bare pipe", "workers.death-queue", "workers.death-pipe"],
    ["alone", "alone, add to done: WorkQueue / bun:sqlite", "jobs.queue", "jobs.sqlite"],
  ]),
  ...rows("jobs", FLAT, [
    ["full", "a job: 100,000 waiting / few", "jobs.queue-full", "jobs.queue"],
  ]),
  ...rows("cache", { at_least: 3 }, [
    ["get-lmdb", "get: SharedCache / lmdb", "cache.get-cache", "cache.get-lmdb"],
  ]),
  ...rows("cache", { at_least: 8 }, [
    ["get-sqlite", "get: SharedCache / bun:sqlite", "cache.get-cache", "cache.get-sqlite"],
  ]),
  ...rows("cache", { at_least: 30 }, [
    ["get-redis", "get: SharedCache / Redis", "cache.get-cache", "cache.get-redis"],
  ]),
  ...rows("cache", { at_least: 0.25 }, [
    ["get-map", "get: SharedCache / Map", "cache.get-cache", "cache.get-map"],
  ]),
  ...rows("cache", undefined, [
    ["get-into-map", "getInto: SharedCache / Map", "cache.get-into-cache", "cache.get-map"],
    ["get-ttl", "get: with a ttl / without", "cache.get-ttl-cache", "cache.get-cache"],
  ]),
  ...rows("cache", { at_least: 5 }, [
    ["set-lmdb", "set: SharedCache / lmdb", "cache.set-cache", "cache.set-lmdb"],
    [
      "increment-lmdb",
      "increment: SharedCache / lmdb",
      "cache.increment-cache",
      "cache.increment-lmdb",
    ],
  ]),
  ...rows("cache", { at_least: 0.5 }, [
    ["large", "a get: 10 million entries / few", "cacheSize.many", "cacheSize.few", MEMORY_IS_FAR],
    ["crowd", "gets: four processes, one writes / one", "cacheCrowd.crowd", "cacheCrowd.one"],
  ]),
  ...rows("shared", { at_least: 0.34 }, [
    ["take", "RateLimiter.take / Atomics.add", "shared.take", "shared.atomic-add", TIME_IS_ASKED],
  ]),
  ...rows("shared", undefined, [
    ["increment", "a counter's inc / Atomics.add", "shared.increment", "shared.atomic-add"],
    ["clock", "RateLimiter.take / asking for the time", "shared.take", "shared.clock"],
  ]),
  ...rows("shared", { at_least: 0.5 }, [
    ["row", "SharedTable.read / schema.decode", "shared.row", "shared.struct"],
  ]),
  ...rows("shared", undefined, [
    ["row-cursor", "read by a cursor / schema.decode", "shared.row-cursor", "shared.struct"],
  ]),
  ...rows("journal", { at_least: 0.3 }, [
    ["channel", "batches: Journal / channel", "journal.batch", "journal.channel"],
  ]),
  ...rows("journal", { at_least: 20 }, [
    ["sqlite", "batches: Journal / bun:sqlite", "journal.batch", "journal.sqlite", EACH_HAS_A_SUM],
  ]),
  ...rows("journal", { at_least: 10 }, [
    [
      "write",
      "batches: Journal / writeSync of each record",
      "journal.batch",
      "journal.write",
      EACH_HAS_A_SUM,
    ],
  ]),
  ...rows("journal", { at_least: 5 }, [
    ["one", "one by one: Journal / writeSync", "journal.one", "journal.write", EACH_HAS_A_SUM],
    [
      "replay",
      "replay: Journal / bun:sqlite",
      "journalReplay.short",
      "journalReplay.sqlite",
      EACH_HAS_A_SUM,
    ],
  ]),
  ...rows("journal", { at_least: 4 }, [
    [
      "always",
      "eight processes, on the disk: Journal / bun:sqlite",
      "journalSync.journal",
      "journalSync.sqlite",
    ],
  ]),
  ...rows("journal", undefined, [
    ["write-batch", "batches: Journal / one writeSync", "journal.batch", "journal.writeBatch"],
    [
      "replay-await",
      "replay: Journal, for await / bun:sqlite",
      "journalReplay.shortAwait",
      "journalReplay.sqlite",
    ],
  ]),
  ...rows("bridge", { at_least: 5 }, [
    ["publish", "a bridge / js.publish of each record", "bridge.channel", "bridge.publish"],
  ]),
  ...rows("bridge", undefined, [
    [
      "latency",
      "1,000 a second: a bridge / NATS without JetStream",
      "bridgeLatency.latency",
      "bridgeLatency.core",
    ],
  ]),
  ...rows("mapping", undefined, [
    ["sequential", "front to back: mapping / Bun.mmap", "sequential.mapping", "sequential.bunMmap"],
    ["random", "at random: mapping / Bun.mmap", "random.mapping", "random.bunMmap"],
    ["open", "open and close: mapping / Bun.mmap", "openClose.file", "openClose.bunMmap"],
  ]),
  ...rows("counters", undefined, [
    ["alone", "each alone: counted / uncounted", "counters.alone", "counters.aloneUncounted"],
    ["burst", "in bursts: counted / uncounted", "counters.burst", "counters.burstUncounted"],
    ["timed", "in bursts: timed / counted only", "counters.burstTimed", "counters.burst"],
  ]),
  ...rows("physics", undefined, [
    ["page", "a page: mapped / copied, in C", "reference.mappedPage", "reference.readPage"],
    ["ring", "channel claim / C ring, each published", "records.claim", "reference.ring"],
    ["ring-batched", "channel batch / C ring, every 64", "records.batch", "reference.ringBatched"],
    ["round-trip", "round trip: channels polling / C", "roundTrip.spinning", "reference.ping"],
    ["copy", "copies of 1 MiB: TypedArray.set / C memcpy", "reference.copies", "reference.memcpy"],
    ["mutex", "NamedMutex / bare pthread pair", "locks.mutex", "locks.bareMutex"],
    ["accessor", "ViewAccessor.readInt32 / DataView", "accessors.readInt32", "accessors.getInt32"],
  ]),
];

/** All rows, in the order of the table. */
export const CLAIMS: readonly ClaimSpec[] = [...FILES, ...SCANS, ...COMMUNICATION, ...OTHERS];
