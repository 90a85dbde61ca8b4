/**
 * `isthmus consumer`
 *
 * @module
 */
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { assumed, toggle } from "../flags.ts";
import { ProgressLines } from "../output/progress-lines.ts";
import { wholeNumber } from "../parsers.ts";
import { receiveRecords } from "../transfer/receive-records.ts";
import { reportTransfer } from "../transfer/report-transfer.ts";
import {
  DEFAULT_CAPACITY_BYTES,
  TRANSFER_FLAGS,
  type TransferFlags,
} from "../transfer/transfer-flags.ts";

interface ConsumerFlags extends TransferFlags {
  readonly count: number;
  readonly follow: boolean;
}

/** Receives, then says what came of it. */
async function runConsumer(this: IsthmusContext, flags: ConsumerFlags): Promise<void> {
  const { channel, count, follow, timeoutMs = Infinity, latency, quiet } = flags;
  const { stderr, env } = this.process;
  using progress = new ProgressLines(stderr, env, { label: "isthmus consumer", isQuiet: quiet });
  const outcome = await receiveRecords({
    channel,
    count,
    isFollowing: follow,
    capacityBytes: flags.capacity ?? DEFAULT_CAPACITY_BYTES,
    maxProducers: flags.maxProducers,
    hasLatency: latency,
    timeoutMs,
    signal: this.signal,
    progress,
  });
  progress[Symbol.dispose]();
  reportTransfer(this, outcome, flags);
}

/** The definition of the command. */
export const consumer: Command<IsthmusContext> = defineCommand({
  run: runConsumer,
  // biome-ignore format: a flag is a line.
  flags: {
    ...TRANSFER_FLAGS,
    count: assumed(0, "N", wholeNumber(0), "End after so many records; 0: when all producers have ended"),
    follow: toggle("Wait for further producers for ever, until Ctrl-C or --count"),
  },
  docs: {
    brief: "Receive and check the records of isthmus producer",
    fullDescription:
      "Run it in one terminal and isthmus producer in others, in any order. Checks that nothing\n" +
      "was lost (gaps in a producer's numbers) or corrupted (checksums, records that come again)\n" +
      "and fails when something was. Without --count it ends a second after the last producer\n" +
      "has ended or died, at once when one was interrupted.\n\n" +
      "The time runs from the first record taken to the last one checked, without that in which\n" +
      "there was no producer. The producer's own clock begins sooner and ends when its last record\n" +
      "had room, a channel full before it is taken: see isthmus producer --help, also for why\n" +
      "isthmus benchmark tells more.",
    customUsage: [
      { input: "--channel orders", brief: "until the producers have ended" },
      { input: "--count 60000", brief: "60,000 records of however many producers" },
      { input: "--follow", brief: "whoever comes, until Ctrl-C" },
      { input: "--json | jq '.lost + .corrupt'", brief: "how much went wrong" },
    ],
  },
});
