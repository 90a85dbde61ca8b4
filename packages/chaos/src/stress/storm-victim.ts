/**
 * The program of those who are killed in a storm: works until it is warm, waits for a line, and works until it is killed.
 * Its arguments are its number and its seed.
 *
 * @module
 */
import { readSync, writeSync } from "node:fs";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { openStorm, StormHands } from "./storm-hands.ts";
import { StormLedger } from "./storm-ledger.ts";

/** Turns until it is warm. */
const WARM_TURNS = 60;

const [self = 0, seed = 0] = process.argv.slice(2).map(Number);
using ledger = new StormLedger(false);
using queue = openStorm();
const random = new SeededRandom(seed);
const hands = new StormHands(self, ledger, queue, random);
const isProducer = random.oneIn(3);

function turn(): void {
  if (random.oneIn(isProducer ? 2 : 6)) hands.add();
  if (isProducer && !random.oneIn(8)) return;
  hands.take();
  hands.end();
}

// Code that runs for the first time is much slower, and most victims would die in it.
for (let turns = 0; turns < WARM_TURNS; turns++) turn();
hands.end(0);
writeSync(1, "ready\n");
// Nothing else is to be done meanwhile, and whoever started it closes the pipe when it ends.
if (readSync(0, new Uint8Array(16)) > 0) {
  const parent = process.ppid;
  for (let turns = 0; turns % 4096 !== 0 || process.ppid === parent; turns++) turn();
}
