/**
 * What is said about Isthmus, row by row, and what each row compares.
 *
 * @module
 */

import { ladderCase, READERS, RUNGS } from "../suites/messages/ladder-cases.ts";
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
  PAIRS_ARE_STORED,
  POLLING_NEEDS_CPUS,
  type Reason,
  SCANS_READ_TOO,
  START_IS_PARSING,
  STREAM_IS_BETTER,
  THREADS_SHARE,
  TIME_IS_ASKED,
  TURNS_ARE_SHORT,
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

/** Nothing is claimed. */
const MEASURED = undefined;
const SEQUENTIAL = { at_least: 2, up_to: 3 } as const;
const RANDOM = { at_least: 5, up_to: 10 } as const;
const LARGE = { at_least: 3, up_to: 5 } as const;
const PIPES = { at_least: 20, up_to: 50 } as const;
/** At most twice the time of what a sleeper needs at least. */
const ASLEEP = 0.5;
/** At most one and a half times the time of two words that bounce. */
const POLLING = 0.67;
/** At most six times the CPU time of an empty program. */
const START = 0.17;
const JOBS = 20;
/** At most one and a half times the time of a channel. */
const HAND_OVER = 0.67;
/** How many wait makes no difference but that of caches. */
const FLAT = 0.5;
/** At most 1.2 times the time. */
const COPIED_COLD = 0.83;
const WINS = 1;
/** Memory is compared. */
const MEMORY = { quantity: "peak_growth_bytes" } as const;

/** A line of the table: the id, which begins with the group's, how many times better, and what is compared. */
type Row = readonly [
  id: `${string}-${string}`,
  target: number | ClaimSpec["target"],
  title: string,
  subject: string,
  baseline: string,
  more?: Reason | typeof MEMORY,
];

// biome-ignore format: a claim is a line.
const ROWS: readonly Row[] = [
  // Files.
  ["sequential-stream", SEQUENTIAL, "mapping / createReadStream", "sequential.mapping", "sequential.stream", STREAM_IS_BETTER],
  ["sequential-bun-stream", SEQUENTIAL, "mapping / Bun.file().stream()", "sequential.mapping", "sequential.bunStream", COPY_IS_CHEAP],
  ["sequential-read-sync", SEQUENTIAL, "mapping / readSync 256 KiB", "sequential.mapping", "sequential.readSync", COPY_IS_CHEAP],
  ["sequential-bytes", SEQUENTIAL, "mapping / Bun.file().bytes()", "sequential.mapping", "sequential.bytes", COPY_IS_CHEAP],
  ["again-read-sync", SEQUENTIAL, "mapped before / readSync 256 KiB", "sequential.again", "sequential.readSync", ADDING_UP],
  ["again-large-read-sync", SEQUENTIAL, "mapped before / readSync, > 100 MB", "large.again", "large.readSync", ADDING_UP],
  ["cold-stream", MEASURED, "mapping / createReadStream", "cold.mapping", "cold.stream", DISK_DECIDES],
  ["cold-read-sync", MEASURED, "mapping / readSync", "cold.mapping", "cold.readSync", DISK_DECIDES],
  ["cold-chunks", COPIED_COLD, "chunks and set / readSync, small read-ahead", "disk.chunks", "disk.readSync"],
  ["cold-read-array", COPIED_COLD, "readArray / readSync, small read-ahead", "disk.readArray", "disk.readSync"],
  ["cold-view-stream", COPIED_COLD, "ViewStream / readSync, small read-ahead", "disk.stream", "disk.readSync"],
  ["random-read-sync", RANDOM, "mapping / readSync of 4 bytes", "random.mapping", "random.readSync"],
  ["random-file-handle", RANDOM, "mapping / FileHandle.read of 4 bytes", "random.mapping", "random.fileHandle"],
  ["large-stream", LARGE, "mapping / createReadStream, > 100 MB", "large.mapping", "large.stream", STREAM_IS_BETTER],
  ["large-bun-stream", LARGE, "mapping / Bun.file().stream(), > 100 MB", "large.mapping", "large.bunStream", COPY_IS_CHEAP],
  ["large-read-sync", LARGE, "mapping / readSync, > 100 MB", "large.mapping", "large.readSync", COPY_IS_CHEAP],
  ["large-whole-time", MEASURED, "views / reading it whole: time", "large.mapping", "large.bytes"],
  ["large-whole-memory", MEASURED, "views / reading it whole: peak memory", "large.mapping", "large.bytes", MEMORY],
  ["small-4k", WINS, "readFileSync / mapping, 4 KiB: mapping loses", "small.readFileSync-4096", "small.mapping-4096"],
  ["small-16m", WINS, "mapping / readFileSync, 16 MiB: mapping wins", "small.mapping-16777216", "small.readFileSync-16777216", COPY_IS_CHEAP],

  // Searching and counting.
  ["scan-wc", 1.2, "count of a byte / wc -l", "scans.count", "scans.wc", SCANS_READ_TOO],
  ["scan-rg", 1.2, "count of a text / rg -c -F", "scans.countText", "scans.rg", SCANS_READ_TOO],
  ["scan-grep", 1.2, "count of a text / grep -c -F", "scans.countText", "scans.grep", SCANS_READ_TOO],
  ["scan-text", 12, "lines, words, longest line / wc -lwL", "scans.text", "scans.wcText"],
  ["scan-histogram", 3, "histogram / loop with four tables", "scans.histogram", "scans.histogramLoop", PAIRS_ARE_STORED],
  ["scan-lines", 6, "forEachLine / lines by a generator", "scans.forEachLine", "scans.linesGenerator"],
  ["scan-decoded", 1.5, "lines / lines by a generator", "scans.lines", "scans.linesGenerator"],
  ["scan-read-kernel", 1.5, "count of a byte / readSync and the same kernel", "scans.count", "scans.countReadKernel", SCANS_READ_TOO],
  ["scan-raw", 2, "raw lines / lines by a generator", "scans.rawLines", "scans.linesGenerator", ARRAYS_ARE_DEAR],
  ["scan-any-case", 1.2, "count of a text in any case / rg -i", "scans.countAnyCase", "scans.rgAnyCase", SCANS_READ_TOO],
  ["scan-four", 1.2, "four texts at once / one after the other", "scans.findFour", "scans.findFourIndexOf"],
  ["scan-huge-memory", 1, "count in a huge file: growth / 64 MiB", "scans.huge", "scans.hugeLimit", MEMORY],
  ["scan-threads", 1.7, "two threads / one", "scans.twoThreads", "scans.oneThread", THREADS_SHARE],
  ["scan-read-sync", WINS, "count of a byte / readSync and Buffer.indexOf", "scans.count", "scans.countReadSync", SCANS_READ_TOO],
  ["scan-stream", WINS, "count of a byte / createReadStream and Buffer.indexOf", "scans.count", "scans.countStream", SCANS_READ_TOO],
  ["scan-loop", WINS, "count of a byte / byte loop over chunks", "scans.count", "scans.countLoop"],

  // Communication.
  ["pipes-batch", PIPES, "channel batch(256) / named pipe", "records.batch", "records.pipe", POLLING_NEEDS_CPUS],
  ["pipes-claim", PIPES, "channel claim / named pipe", "records.claim", "records.pipe", POLLING_NEEDS_CPUS],
  ["pipes-send", PIPES, "channel send / named pipe", "records.send", "records.pipe", POLLING_NEEDS_CPUS],
  ["pipes-follow", MEASURED, "channel send, for await / named pipe", "records.follow", "records.pipe"],
  ["pipes-batched", MEASURED, "channel send / named pipe in 64 KiB", "records.send", "records.pipeBatched"],
  ["pipes-round-trip", MEASURED, "round trip: channels in receive() / pipes blocking", "roundTrip.blocking", "roundTrip.pipe"],
  ["pipes-request", MEASURED, "round trip: Requester asleep / pipes asleep", "roundTrip.request", "roundTrip.bell"],
  ["pipes-event", MEASURED, "round trip: NamedEvent asleep / pipes asleep", "roundTrip.event", "roundTrip.bell"],
  ["pipes-asleep", ASLEEP, "round trip: channels asleep / pipes asleep", "roundTrip.asleep", "roundTrip.bell", BELL_IS_BARE],
  ["polling-words", POLLING, "round trip: channels polling / two bare words", "roundTrip.spinning", "roundTrip.words", LINES_TRAVEL],
  ["polling-records", MEASURED, "round trip: channels polling / a bare ring each way", "roundTrip.spinning", "roundTrip.records"],
  ["polling-busy", MEASURED, "round trip: channels polling / the same with as much work", "roundTrip.spinning", "roundTrip.busyRecords"],
  ["messages-spawn-ipc", MEASURED, "channel send, for await / Bun.spawn ipc", "records.follow", "records.spawnIpc"],
  ["messages-publish", MEASURED, "publish to one / Unix socket in 64 KiB", "records.publish", "records.socket"],
  ["kinds-publish", MEASURED, "two processes, send: topic / channel", "records.publish", "records.send"],
  ["messages-publish-two", MEASURED, "publish to two / Unix socket in 64 KiB to one", "records.publishTwo", "records.socket"],
  ["messages-socket", MEASURED, "channel send / Unix socket in 64 KiB", "records.send", "records.socket"],
  ["messages-worker", MEASURED, "channel send / Worker.postMessage", "records.send", "records.workerMessages"],
  ["messages-shared-array-buffer", MEASURED, "channel batch / ring in SharedArrayBuffer", "records.batch", "records.sharedArrayBuffer"],
  ["messages-bun-mmap", MEASURED, "channel batch / ring in Bun.mmap", "records.batch", "records.bunMmap"],
  ["messages-node-ipc", MEASURED, "channel send / node-ipc", "records.send", "records.nodeIpc"],
  ["kinds-topic-batch", MEASURED, "one process, batch: topic / channel", "kinds.topic-batch-alone", "kinds.channel-batch-alone"],
  ["kinds-topic-claim", MEASURED, "one process, claim: topic / channel", "kinds.topic-claim-alone", "kinds.channel-claim-alone"],
  ["kinds-topic-send", MEASURED, "one process, send: topic / channel", "kinds.topic-send-alone", "kinds.channel-send-alone"],
  ["kinds-mixed-channel-batch", MEASURED, "channel, batch: beside other schemas / alone", "kinds.channel-batch-mixed", "kinds.channel-batch-alone"],
  ["kinds-mixed-channel-claim", MEASURED, "channel, claim: beside other schemas / alone", "kinds.channel-claim-mixed", "kinds.channel-claim-alone"],
  ["kinds-mixed-channel-send", MEASURED, "channel, send: beside other schemas / alone", "kinds.channel-send-mixed", "kinds.channel-send-alone"],
  ["kinds-mixed-topic-batch", MEASURED, "topic, batch: beside other schemas / alone", "kinds.topic-batch-mixed", "kinds.topic-batch-alone"],
  ["kinds-mixed-topic-claim", MEASURED, "topic, claim: beside other schemas / alone", "kinds.topic-claim-mixed", "kinds.topic-claim-alone"],
  ["kinds-mixed-topic-send", MEASURED, "topic, send: beside other schemas / alone", "kinds.topic-send-mixed", "kinds.topic-send-alone"],
  ["latency-paced-socket", MEASURED, "one a millisecond: channels / Unix socket", "paced.channel-1-p50", "paced.socket-1-p50"],
  ["latency-paced-socket-p99", MEASURED, "one a millisecond, p99: channels / Unix socket", "paced.channel-1-p99", "paced.socket-1-p99"],
  ["latency-paced-spawn-ipc", MEASURED, "one a millisecond: channels / Bun.spawn ipc", "paced.channel-1-p50", "paced.spawnIpc-1-p50"],
  ["latency-rare-socket", MEASURED, "one in 5 ms: channels / Unix socket", "paced.channel-5-p50", "paced.socket-5-p50"],
  ["latency-rare-socket-p99", MEASURED, "one in 5 ms, p99: channels / Unix socket", "paced.channel-5-p99", "paced.socket-5-p99"],
  ["latency-rare-spawn-ipc", MEASURED, "one in 5 ms: channels / Bun.spawn ipc", "paced.channel-5-p50", "paced.spawnIpc-5-p50"],
  ["latency-request", MEASURED, "latency p50: Requester / Bun.spawn ipc", "latency.request", "latency.spawnIpc"],
  ["latency-pipe", MEASURED, "latency p50: channels / named pipes", "latency.channel", "latency.pipe"],
  ["latency-socket", MEASURED, "latency p50: channels / Unix socket", "latency.channel", "latency.socket"],
  ["latency-spawn-ipc", MEASURED, "latency p50: channels / Bun.spawn ipc", "latency.channel", "latency.spawnIpc"],
  ["latency-worker", MEASURED, "latency p50: channels / Worker.postMessage", "latency.channel", "latency.workerMessages"],
  ["pictures-in-place", WINS, "60 pictures of 8.3 MB a second: the reader's CPU time / 0.25 s for 300", "pictures.inPlace", "pictures.limit"],
  ["pictures-copied", MEASURED, "60 pictures of 8.3 MB a second, latest in place / copied", "pictures.latest", "pictures.copied"],

  // State, starting, and what the machine allows.
  ["state-update-sqlite", MEASURED, "update: SharedStruct / bun:sqlite", "state.update-struct", "state.update-sqlite"],
  ["state-update-lmdb", MEASURED, "update: SharedStruct / lmdb", "state.update-struct", "state.update-lmdb"],
  ["state-read-sqlite", MEASURED, "read: SharedStruct / bun:sqlite", "state.read-struct", "state.read-sqlite"],
  ["state-read-lmdb", MEASURED, "read: SharedStruct / lmdb", "state.read-struct", "state.read-lmdb"],
  ["jobs-sqlite", JOBS, "two workers: WorkQueue / bun:sqlite", "workers.queue", "workers.sqlite"],
  ["jobs-redis", JOBS, "two workers: WorkQueue / Redis on loopback", "workers.queue", "workers.redis"],
  ["jobs-redis-socket", MEASURED, "two workers: WorkQueue / Redis on a Unix socket", "workers.queue", "workers.redisSocket"],
  ["jobs-hand-over", HAND_OVER, "round trip asleep: WorkQueues / channels", "roundTrip.jobs", "roundTrip.asleep", COMPILED_LATE],
  ["jobs-death", WINS, "worker killed: its job at the next one / 5 ms", "workers.death-queue", "workers.death-limit", KERNEL_TAKES_APART],
  ["jobs-death-pipe", MEASURED, "worker killed: job / bare pipe", "workers.death-queue", "workers.death-pipe"],
  ["jobs-alone", MEASURED, "alone, add to done: WorkQueue / bun:sqlite", "jobs.queue", "jobs.sqlite"],
  ["jobs-full", FLAT, "a job: 100,000 waiting / few", "jobs.queue-full", "jobs.queue"],
  ["cache-get-lmdb", 3, "get: SharedCache / lmdb", "cache.get-cache", "cache.get-lmdb"],
  ["cache-get-sqlite", 8, "get: SharedCache / bun:sqlite", "cache.get-cache", "cache.get-sqlite"],
  ["cache-get-redis", 30, "get: SharedCache / Redis", "cache.get-cache", "cache.get-redis"],
  ["cache-get-map", 0.25, "get: SharedCache / Map", "cache.get-cache", "cache.get-map"],
  ["cache-get-into-map", MEASURED, "getInto: SharedCache / Map", "cache.get-into-cache", "cache.get-map"],
  ["cache-get-ttl", MEASURED, "get: with a ttl / without", "cache.get-ttl-cache", "cache.get-cache"],
  ["cache-set-lmdb", 5, "set: SharedCache / lmdb", "cache.set-cache", "cache.set-lmdb"],
  ["cache-increment-lmdb", 5, "increment: SharedCache / lmdb", "cache.increment-cache", "cache.increment-lmdb"],
  ["cache-large", 0.5, "a get: 10 million entries / few", "cacheSize.many", "cacheSize.few", MEMORY_IS_FAR],
  ["cache-crowd", 0.5, "gets: four processes, one writes / one", "cacheCrowd.crowd", "cacheCrowd.one"],
  ["shared-take", 0.34, "RateLimiter.take / Atomics.add", "shared.take", "shared.atomic-add", TIME_IS_ASKED],
  ["shared-increment", MEASURED, "a counter's inc / Atomics.add", "shared.increment", "shared.atomic-add"],
  ["shared-clock", MEASURED, "RateLimiter.take / asking for the time", "shared.take", "shared.clock"],
  ["shared-row", 0.5, "SharedTable.read / schema.decode", "shared.row", "shared.struct"],
  ["shared-row-cursor", MEASURED, "read by a cursor / schema.decode", "shared.row-cursor", "shared.struct"],
  ["journal-channel", 0.3, "batches: Journal / channel", "journal.batch", "journal.channel", EACH_HAS_A_SUM],
  ["journal-sqlite", 20, "batches: Journal / bun:sqlite", "journal.batch", "journal.sqlite", EACH_HAS_A_SUM],
  ["journal-write", 10, "batches: Journal / writeSync of each record", "journal.batch", "journal.write", EACH_HAS_A_SUM],
  ["journal-one", 5, "one by one: Journal / writeSync", "journal.one", "journal.write", EACH_HAS_A_SUM],
  ["journal-replay", 5, "replay: Journal / bun:sqlite", "journalReplay.short", "journalReplay.sqlite", EACH_HAS_A_SUM],
  ["journal-always", 4, "eight processes, on the disk: Journal / bun:sqlite", "journalSync.journal", "journalSync.sqlite", TURNS_ARE_SHORT],
  ["journal-flushed", MEASURED, "eight writers in one process, on the disk: Journal / bun:sqlite", "journalSync.writers", "journalSync.sqliteWriters"],
  ["journal-write-batch", MEASURED, "batches: Journal / one writeSync", "journal.batch", "journal.writeBatch"],
  ["journal-replay-await", MEASURED, "replay: Journal, for await / bun:sqlite", "journalReplay.shortAwait", "journalReplay.sqlite"],
  ["journal-open", 1, "opening 100 GiB of Journal / 50 ms", "journalReplay.open", "journalReplay.openLimit"],
  ["bridge-publish", 5, "a bridge / js.publish of each record", "bridge.channel", "bridge.publish"],
  ["bridge-latency", MEASURED, "1,000 a second: a bridge / NATS without JetStream", "bridgeLatency.latency", "bridgeLatency.core"],
  ["start-channel", START, "start: empty / opens a channel", "start.channel", "start.bare", START_IS_PARSING],
  ["start-bundled", MEASURED, "start: empty / bundled, opens a channel", "start.bundled", "start.bare"],
  ["start-ls", MEASURED, "start: empty / isthmus ls", "start.ls", "start.bare"],
  ["mapping-sequential", MEASURED, "front to back: mapping / Bun.mmap", "sequential.mapping", "sequential.bunMmap"],
  ["mapping-random", MEASURED, "at random: mapping / Bun.mmap", "random.mapping", "random.bunMmap"],
  ["mapping-open", MEASURED, "open and close: mapping / Bun.mmap", "openClose.file", "openClose.bunMmap"],
  ["counters-alone", MEASURED, "each alone: counted / uncounted", "counters.alone", "counters.aloneUncounted"],
  ["counters-burst", MEASURED, "in bursts: counted / uncounted", "counters.burst", "counters.burstUncounted"],
  ["counters-timed", MEASURED, "in bursts: timed / counted only", "counters.burstTimed", "counters.burst"],
  ["physics-page", MEASURED, "a page: mapped / copied, in C", "reference.mappedPage", "reference.readPage"],
  ["physics-ring", MEASURED, "channel claim / C ring, each published", "records.claim", "reference.ring"],
  ["physics-ring-batched", MEASURED, "channel batch / C ring, every 64", "records.batch", "reference.ringBatched"],
  ["physics-round-trip", MEASURED, "round trip: channels polling / C", "roundTrip.spinning", "reference.ping"],
  ["physics-copy", MEASURED, "copies of 1 MiB: TypedArray.set / C memcpy", "reference.copies", "reference.memcpy"],
  ["physics-mutex", MEASURED, "NamedMutex / bare pthread pair", "locks.mutex", "locks.bareMutex"],
  ["physics-accessor", MEASURED, "ViewAccessor.readInt32 / DataView", "accessors.readInt32", "accessors.getInt32"],
];

/** What each step from a bare ring to a channel costs. */
const STEPS: readonly Row[] = RUNGS.filter(([rung]) => rung !== "typed").flatMap(([rung, title]) =>
  READERS.map(
    (reader): Row => [
      `ladder-${rung}-${reader}`,
      MEASURED,
      `${title} / bare ring, ${reader}`,
      `ladder.${ladderCase(rung, reader)}`,
      `ladder.${ladderCase("typed", reader)}`,
    ],
  ),
);

/** All rows, in the order of the table. */
export const CLAIMS: readonly ClaimSpec[] = [...ROWS, ...STEPS].map(
  ([id, goal, title, subject, baseline, more = {}]) => {
    const group = id.slice(0, id.indexOf("-"));
    const target = typeof goal === "number" ? { at_least: goal } : goal;
    const why = "text" in more ? { reason: more.text, evidence: more.evidence ?? [] } : more;
    return { id, group, title, subject, baseline, ...(target && { target }), ...why };
  },
);
