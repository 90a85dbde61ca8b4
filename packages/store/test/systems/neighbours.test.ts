/**
 * Processes of this Bun and of another runtime, or on another C library, that share state. `bun run test:runtimes` and
 * `bun run test:musl` run this.
 */
import { describe } from "bun:test";
import { join } from "node:path";
import { OTHER_LIBRARY, RUNTIMES } from "@isthmus/testing/neighbours";
import { pairTests } from "@isthmus/testing/pair";
import {
  appendInTurns,
  seeEachOther,
  shareBroadcast,
  shareCache,
  shareComputations,
  shareCounters,
  shareJournal,
  shareJournalTopic,
  shareLimiter,
  shareTable,
} from "./support/share.ts";

const SCRIPT = join(import.meta.dir, "fixtures", "neighbour.ts");

for (const neighbour of [...RUNTIMES, OTHER_LIBRARY]) {
  const testBothWays = pairTests(SCRIPT, neighbour);

  describe(`bun and ${neighbour.name}${neighbour === OTHER_LIBRARY ? " on musl" : ""}`, () => {
    testBothWays("see what the other has made", seeEachOther);
    testBothWays("share a cache", shareCache);
    testBothWays("compute once, also when who computes dies", shareComputations);
    testBothWays("broadcast to the web sockets of both", shareBroadcast);
    testBothWays("share counters, also of the dead", shareCounters);
    testBothWays("share a table and lose no update", shareTable);
    testBothWays("share a limit", shareLimiter);
    testBothWays("follow one journal", shareJournal);
    testBothWays("append to one journal in turns", appendInTurns);
    testBothWays("share a journal and its topic, also when the publisher dies", shareJournalTopic);
  });
}
