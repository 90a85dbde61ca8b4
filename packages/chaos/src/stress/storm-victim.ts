/**
 * The program of those who are killed in a storm: gets ready, waits for a line, and works until it is killed. Its
 * arguments are its number and its seed.
 *
 * @module
 */
import { readSync, writeSync } from "node:fs";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { openStorm, StormHands } from "./storm-hands.ts";
import { StormLedger } from "./storm-ledger.ts";

const [self = 0, seed = 0] = process.argv.slice(2).map(Number);
using ledger = new StormLedger(false);
using queue = openStorm();
const random = new SeededRandom(seed);
const hands = new StormHands(self, ledger, queue, random);
const isProducer = random.oneIn(3);
writeSync(1, "ready\n");
// Nothing else is to be done meanwhile, and whoever started it closes the pipe when it ends.
if (readSync(0, new Uint8Array(16)) > 0) {
  const parent = process.ppid;
  for (let turn = 0; turn % 4096 !== 0 || process.ppid === parent; turn++) {
    if (random.oneIn(isProducer ? 2 : 6)) hands.add();
    if (!isProducer || random.oneIn(8)) {
      hands.take();
      hands.end();
    }
  }
}
