/**
 * The program of those who are killed in a storm over a journal: `journal-victim.ts PATH VICTIM TAILER SEED [HARM]` appends, reads
 * under a name, rolls, removes and opens anew until it is killed. With a harm it does what the judge must find.
 *
 * @module
 */
import { readSync, writeSync } from "node:fs";
import { bytes } from "@isthmus/ipc";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { Journal, type JournalEntry } from "@isthmus/store";
import { JournalLedger } from "./journal-ledger.ts";
import { decodeStormRecord, encodeStormRecord } from "./journal-record.ts";

/** The smallest segments there are, and few of them: many begin and go. */
const SEGMENT_BYTES = 2 ** 16;
const MAX_BYTES = 4 * SEGMENT_BYTES;
const WARM_TURNS = 40;
const BATCH_MAX = 12;
const READ_MAX = 40;

const [path = "", victimText = "", tailerText = "", seed = "", harm = ""] = process.argv.slice(2);
const victim = Number(victimText);
const tailer = Number(tailerText);
const random = new SeededRandom(Number(seed));
const ledger = new JournalLedger(false);
let number = 0;

function open(): Journal<typeof bytes> {
  const sync = random.oneIn(4) ? "always" : random.oneIn(2) ? "interval" : "none";
  return Journal.open(path, {
    schema: bytes,
    sync,
    segmentBytes: SEGMENT_BYTES,
    maxBytes: MAX_BYTES,
  });
}

let journal = open();

function append(): void {
  const count = random.oneIn(2) ? 1 : 1 + random.below(BATCH_MAX);
  const records = Array.from({ length: count }, () =>
    encodeStormRecord({ victim, number: ++number }),
  );
  if (harm === "tear") (records[0] as Uint8Array)[8] = 1 + number;
  if (count === 1) journal.append(records[0] as Uint8Array);
  else journal.appendAll(records);
  ledger.promise(victim, harm === "promise" ? number + 1000 : number);
}

/** Reads on where the one before it under this name has come to. */
function tail(): void {
  let left = 1 + random.below(READ_MAX);
  let isFirst = true;
  for (const entry of journal.read({ tailer: `t${tailer}` })) {
    check(entry, isFirst);
    isFirst = false;
    if (--left === 0) break;
  }
}

function check(entry: JournalEntry<typeof bytes>, isFirst: boolean): void {
  if (entry.gap !== undefined) {
    ledger.count("gap");
    return;
  }
  if (decodeStormRecord(entry.value) === undefined) ledger.count("torn");
  const expected = ledger.handled(tailer) + 1;
  if (entry.sequence > expected) ledger.count("skipped");
  // The record before comes again where its body was left, or its end was not noted any more.
  else if (entry.sequence < expected - (isFirst ? 1 : 0)) ledger.count("repeated");
  ledger.handle(tailer, entry.sequence);
}

function turn(): void {
  const choice = random.below(240);
  if (choice < 6) journal.roll();
  else if (choice < 12) journal.prune();
  else if (choice < 16) {
    journal.dispose();
    journal = open();
  } else if (choice < 64) tail();
  else append();
}

// Code that runs for the first time is much slower, and most victims would die in it.
for (let turns = 0; turns < WARM_TURNS; turns++) turn();
writeSync(1, "ready\n");
// Nothing else is to be done meanwhile, and whoever started it closes the pipe when it ends.
if (readSync(0, new Uint8Array(16)) > 0) {
  const parent = process.ppid;
  for (let turns = 0; turns % 256 !== 0 || process.ppid === parent; turns++) turn();
}
