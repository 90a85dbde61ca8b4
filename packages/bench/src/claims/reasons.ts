/**
 * Why rows of the claims table may not hold.
 *
 * @module
 */

/** Why a row may not hold, and what shows it. */
export interface Reason {
  readonly text: string;
  readonly evidence?: readonly string[];
}

const PAGES = ["reference.mappedPage", "reference.readPage"] as const;

/** Of rows against readers that copy. */
export const COPY_IS_CHEAP: Reason = {
  text: "Whoever reads a file once pays for every page: a mapping for entering it into the page table and taking it out again, a reader for having it copied. Both add up all words on top of that, in JavaScript, which takes as long as the rest. On every further reading a mapping pays nothing (see the rows of what was mapped before).",
  evidence: PAGES,
};

/** Of rows against Node's stream. */
export const STREAM_IS_BETTER: Reason = {
  text: "Both sides also add up all words, in JavaScript, which costs them the same; the less a machine pays for a system call and a copy, the nearer they come.",
  evidence: PAGES,
};

/** Of rows in which one side has nothing left to do but the work. */
export const ADDING_UP: Reason = {
  text: "What is left is the time of adding up and of bringing the bytes from memory, which both sides pay.",
};

/** Of throughput between two that poll. */
export const POLLING_NEEDS_CPUS: Reason = {
  text: "Both ends of the channel poll here and need a CPU each; beside other work they lose more than a pipe, whose ends sleep in turn.",
  evidence: ["reference.ring", "records.follow"],
};

/** Of round trips between two that sleep. */
export const BELL_IS_BARE: Reason = {
  text: "The other side is a bare byte each way; a channel also carries a record, and wakes by such a byte.",
};

/** Of round trips between two that poll. */
export const LINES_TRAVEL: Reason = {
  text: "Both sides poll, so both need a CPU to themselves. A bare ring takes little more than two words, though a record is a cache line more. A channel works for each record: it goes through its lanes, looks whether anybody sleeps, whether the memory is whole and what else this thread holds back, gives the place back, and counts. That work costs more than its own time: whoever answers within some 10 ns still has the line of its position, and whoever works longer finds that the other side, which looks for the answer, has taken it away. A bare ring whose ends work as long as a channel's takes most of the channel's time.",
  evidence: ["reference.ping", "roundTrip.records", "roundTrip.busyRecords"],
};

/** Of jobs that pass between sleepers. */
export const COMPILED_LATE: Reason = {
  text: "A job is in a table that any worker can take it from, and comes back when one dies: more code than a channel's, which the first thousands of round trips find uncompiled. A full run is long enough for it.",
};

/** Of a job whose worker is killed. */
export const KERNEL_TAKES_APART: Reason = {
  text: "The kernel takes the memory of a killed process apart before it closes its files and so tells of its death; the end of a bare pipe shows how long that takes.",
  evidence: ["workers.death-pipe"],
};

/** Of a limit that processes share. */
export const TIME_IS_ASKED: Reason = {
  text: "A `take` hashes its key, locks the key's shard, asks the system for the time and tells what came of it in an object; an atomic addition is one of the instructions of that.",
  evidence: ["shared.clock"],
};

/** Of entries that no cache of the CPU has. */
export const MEMORY_IS_FAR: Reason = {
  text: "An entry that is in no cache of the CPU takes two reads at random, one after the other, and where the kernel has no huge pages for shared memory each of them a walk through the page tables as well.",
  evidence: ["cacheSize.chase"],
};

/** Of cold files. */
export const DISK_DECIDES: Reason = {
  text: "The disk decides; the page cache is filled by the same read-ahead for both.",
};

/** Of lines as bytes. */
export const ARRAYS_ARE_DEAR: Reason = {
  text: "Making an array for each line is half of the time, and costs more than a string; forEachLine and lineCursor make none.",
  evidence: ["scans.rawArrays", "scans.forEachLine"],
};

/** Of counting. */
export const SCANS_READ_TOO: Reason = {
  text: "Counting itself is nearly free; what is left is one copy out of the page cache, which both sides pay.",
  evidence: ["reference.countRead", "reference.countMapped"],
};

/** Of counting all byte values. */
export const PAIRS_ARE_STORED: Reason = {
  text: "Each pair of bytes is a load, an addition and a store, the table of which only the second cache holds; C gets no further.",
  evidence: ["reference.histogram"],
};

/** Of two threads. */
export const THREADS_SHARE: Reason = {
  text: "What two CPUs share is part of it: the memory, and here maybe a core. So is the calling thread, which hands out the pieces. The first scan of a program also starts its Workers, some 50 ms.",
  evidence: ["reference.histogram", "reference.histogramTwo"],
};

/** Why a journal is not as much faster than a file as memory is. */
export const EACH_HAS_A_SUM: Reason = {
  text: "What is appended by one call has a header and a checksum, and each of its records a length; and a new page of a mapped file, which 50 such records share, is dear where a hypervisor looks at each. One write of the same bytes has none of it.",
  evidence: ["journal.writeBatch", "reference.storedPage"],
};

/** Of processes that wait for the disk together. */
export const TURNS_ARE_SHORT: Reason = {
  text: "Where the disk is as fast as this one, the CPUs decide: eight processes take turns on them, sleep for each sync, and are woken one by one. Eight writers of one process, which sleep together, show what the disk allows.",
  evidence: ["journalSync.writers"],
};

/** Of starting. */
export const START_IS_PARSING: Reason = {
  text: "Most of it is the parser's, which reads all of the two packages, whatever of them is used; a program that is bundled has only what it uses. The rest is the code of one channel, compiled function by function as it is first called (decision 0034).",
  evidence: ["start.import", "start.bundled"],
};
