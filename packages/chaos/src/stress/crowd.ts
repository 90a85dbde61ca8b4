/**
 * Many channels at once, each followed by a loop in this process and filled by another one.
 *
 * @module
 */
import { Consumer, f64, type StructSchema, struct } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import { startProcess } from "@isthmus/programs/start-process";
import type { Finding } from "../judges/findings.ts";
import { findLeaks, type Resources, takeStock } from "../resources.ts";

const PARTNER = programCommand(import.meta.dirname, "crowd-partner.ts");
/** How long published records may be on their way, on a busy machine, in milliseconds. */
const PATIENCE_MS = 60_000;

const NUMBERED: StructSchema<{ number: typeof f64 }> = struct({ number: f64 });

/** How both processes open the channels. */
export const CROWD_OPTIONS: {
  readonly schema: typeof NUMBERED;
  readonly capacityBytes: number;
} = { schema: NUMBERED, capacityBytes: 4096 };

/** The name of a channel. */
export function crowdName(channel: number): string {
  return `crowd-${channel}`;
}

/** What a crowd is to do. */
export interface CrowdOptions {
  readonly channels: number;
  /** How many records go through each channel. */
  readonly records: number;
  /** The directory of named memory. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onProgress: (received: number) => void;
}

/** What a process held, and what was wrong. */
export interface CrowdResult {
  readonly before: Resources;
  /** While all channels were open. */
  readonly during: Resources;
  readonly after: Resources;
  readonly findings: readonly Finding[];
}

/** Opens all channels, has another process send into them, and follows all of them to the end. */
export async function crowd(options: CrowdOptions): Promise<CrowdResult> {
  const { channels, records, directory } = options;
  // What a process needs for its first channel, it keeps.
  Consumer.createOrOpen(crowdName(0), CROWD_OPTIONS).dispose();
  const before = takeStock(directory);
  let during = before;
  {
    using stack = new DisposableStack();
    const consumers = Array.from({ length: channels }, (_, channel) =>
      stack.use(Consumer.createOrOpen(crowdName(channel), CROWD_OPTIONS)),
    );
    during = takeStock(directory);
    const failure = new AbortController();
    const signal = AbortSignal.any([options.signal, failure.signal]);
    await using partner = startProcess([...PARTNER, String(channels), String(records)], {
      env: { ...process.env, ISTHMUS_DIR: directory },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
    });
    const received = { count: 0 };
    let timer: Timer | undefined;
    const ended = partner.exited.then((code) => {
      if (code !== 0) return failure.abort(new Error(`the process that sends ended with ${code}`));
      // All has been published by now.
      timer = setTimeout(() => {
        failure.abort(new Error(`${channels * records - received.count} records did not come`));
      }, PATIENCE_MS);
    });
    try {
      await Promise.all(consumers.map((one) => follow(one, options, signal, received)));
      await ended;
    } finally {
      clearTimeout(timer);
    }
  }
  const after = takeStock(directory);
  return { before, during, after, findings: findLeaks(`${channels} channels`, before, after) };
}

type CrowdConsumer = Consumer<typeof CROWD_OPTIONS.schema>;

/** Follows one channel; throws when a record is not the one that comes next. */
async function follow(
  consumer: CrowdConsumer,
  { records, onProgress }: CrowdOptions,
  signal: AbortSignal,
  received: { count: number },
): Promise<void> {
  let next = 0;
  for await (const { number } of consumer.records({ signal })) {
    if (number !== next) throw new Error(`"${consumer.name}": expected ${next}, got ${number}`);
    onProgress(++received.count);
    if (++next === records) return;
  }
}
