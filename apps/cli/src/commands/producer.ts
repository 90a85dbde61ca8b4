/**
 * `isthmus producer`
 *
 * @module
 */

import { HEADER_BYTES } from "@isthmus/programs/checked-record";
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { assumed, toggle } from "../flags.ts";
import { ProgressLines } from "../output/progress-lines.ts";
import { decimal, wholeNumber } from "../parsers.ts";
import { reportTransfer } from "../transfer/report-transfer.ts";
import { sendRecords } from "../transfer/send-records.ts";
import {
  DEFAULT_CAPACITY_BYTES,
  parseSize,
  recordBytesMax,
  SIZE_BYTES_MAX,
  TRANSFER_FLAGS,
  type TransferFlags,
} from "../transfer/transfer-flags.ts";
import { UsageError } from "../usage-error.ts";

interface ProducerFlags extends TransferFlags {
  readonly count: number;
  readonly size: number;
  readonly rate: number;
  readonly batch: number;
  readonly keepWaiting: boolean;
}

const DEFAULT_COUNT = 1_000_000;
const DEFAULT_SIZE = 64;
const RATE_MAX = 1e9;
const BATCH_MAX = 1_000_000;
/** How many records there is room for, so that both ends can work at the same time. */
const RECORDS_MIN = 4;

/** Sends, then says what came of it. */
async function runProducer(this: IsthmusContext, flags: ProducerFlags): Promise<void> {
  const { channel, count, size, rate, timeoutMs = Infinity, quiet } = flags;
  const capacityBytes = capacityFor(flags);
  const { stderr, env } = this.process;
  using progress = new ProgressLines(stderr, env, { label: "isthmus producer", isQuiet: quiet });
  const outcome = await sendRecords({
    channel,
    count,
    sizeBytes: size,
    perSecond: rate,
    batchRecords: flags.batch,
    capacityBytes,
    maxProducers: flags.maxProducers,
    hasLatency: flags.latency,
    timeoutMs,
    isWaitingForNext: flags.keepWaiting,
    signal: this.signal,
    progress,
  });
  progress[Symbol.dispose]();
  reportTransfer(this, outcome, flags);
}

function capacityFor({ capacity, size }: ProducerFlags): number {
  if (capacity === undefined) {
    const wanted = Math.max(DEFAULT_CAPACITY_BYTES, RECORDS_MIN * size);
    return Math.min(2 * (SIZE_BYTES_MAX + 8), wanted);
  }
  if (size <= recordBytesMax(capacity)) return capacity;
  throw new UsageError(
    `A record may have half of its channel's capacity: --size ${size} needs --capacity ${2 * (size + 8)} or more`,
  );
}

/** The definition of the command. */
export const producer: Command<IsthmusContext> = defineCommand({
  run: runProducer,
  // biome-ignore format: a flag is a line.
  flags: {
    ...TRANSFER_FLAGS,
    count: assumed(DEFAULT_COUNT, "N", wholeNumber(0), "Records to send; 0: without end, until Ctrl-C"),
    size: assumed(DEFAULT_SIZE, "BYTES", parseSize, `Length of each record, ${HEADER_BYTES} (its header) to ${SIZE_BYTES_MAX}`),
    rate: assumed(0, "R", decimal(RATE_MAX), "Records a second; 0: as fast as possible"),
    batch: assumed(1, "N", wholeNumber(1, BATCH_MAX), "Records that are published together"),
    keepWaiting: toggle("Wait for the next consumer also when one has left, not only when one has died"),
  },
  docs: {
    brief: "Send numbered, checksummed records through a channel to isthmus consumer",
    fullDescription:
      "Run it in one terminal and isthmus consumer in another, in any order; several producers\n" +
      "may share a channel. Waits for a consumer, sends, and ends when everything was taken. A\n" +
      "consumer that dies is waited for, one that leaves ends the transfer. `messages` are the\n" +
      "records that were taken or still will be. Fails when it sent less than --count.\n\n" +
      "The time runs from the first record sent to the last one that had room, without that in\n" +
      "which there was no consumer. A channel full may not be taken yet then: the consumer's own\n" +
      "clock ends later, so that the shorter a transfer is, the more the two rates differ. Both\n" +
      "are below those of isthmus benchmark, which warms up before it measures, sends records\n" +
      "without checksums, and publishes many together where its table says so: here --batch does.",
    customUsage: [
      { input: "--channel orders", brief: "a million records of 64 bytes" },
      { input: "--count 0 --rate 1000", brief: "a thousand a second, until Ctrl-C" },
      { input: "--size 1000000 --count 2000", brief: "large records" },
      { input: "--json | jq .messages_per_second", brief: "the rate alone" },
    ],
  },
});
