/**
 * As many records as there can be. Producers and consumer keep accounts of them, check all of them, and write down only
 * faults.
 *
 * @module
 */
import type { ChannelSchema, Consumer, Producer, RecordCursor } from "@isthmus/ipc";
import { EVENT, type Evidence } from "../evidence.ts";
import { type Finding, findEvents, findLeaked } from "../judges/findings.ts";
import { PATIENCE, type Participant } from "../participant.ts";
import type { Scenario } from "../scenario.ts";
import { channelRoles } from "./channel.ts";
import { Tally } from "./tally.ts";
import type { Reading, Wire } from "./wire.ts";

const BURST_RECORDS_MAX = 20_000;
/** Bursts and polls between joining and leaving. */
const ROUNDS_MAX = 2000;
const LIMIT_MAX = 5000;
/** How long to wait for a record before it looks whether it is to end, in milliseconds. */
const IDLE_MS = 100;

/**
 * Makes the scenario of a channel whose records are tallied.
 *
 * @param name The channel's.
 * @param wire Its records.
 * @param producers How many there are.
 */
export function floodScenario<S extends ChannelSchema>(
  name: string,
  wire: Wire<S>,
  producers: number,
): Scenario {
  return {
    name,
    roles: channelRoles({
      name,
      wire,
      producers,
      send: (participant, open) => pour(participant, name, wire, open),
      receive: (participant, open) => drain(participant, name, wire, open),
    }),
    judge: (evidence, evidencePath) => judgeFlood(evidence, evidencePath, name),
  };
}

async function pour<S extends ChannelSchema>(
  participant: Participant,
  name: string,
  wire: Wire<S>,
  open: () => Producer<S>,
): Promise<void> {
  const { random } = participant;
  using tally = new Tally(participant.evidencePath, name);
  let stream = 0;
  let next = 0;
  const join = (): Producer<S> => {
    const producer = open();
    stream = tally.open();
    next = 0;
    return producer;
  };
  await participant.work(ROUNDS_MAX, join, async (producer) => {
    const end = next + 1 + random.below(BURST_RECORDS_MAX);
    tally.intend(stream, end);
    if (participant.takeHarm("skip")) next++;
    const send = (record: Parameters<typeof producer.send>[0]): void =>
      producer.send(record, PATIENCE);
    if (participant.takeHarm("repeat")) send(wire.make(stream, next, random));
    if (participant.takeHarm("tear")) send(wire.tear(stream, next, random));
    participant.persist(() =>
      producer.batch((batch) => {
        for (; next < end; next++) wire.claim({ sink: batch, stream, random }, next, () => {});
      }),
    );
    producer.flush();
    tally.acknowledge(stream, end);
    participant.note(EVENT.acknowledged, end, stream);
    participant.noteSuccess();
  });
}

async function drain<S extends ChannelSchema>(
  participant: Participant,
  name: string,
  wire: Wire<S>,
  open: () => Consumer<S>,
): Promise<void> {
  const { random } = participant;
  using tally = new Tally(participant.evidencePath, name);
  let receiver = new TalliedReceiver(participant, tally, wire);
  const join = (): Consumer<S> => {
    receiver = new TalliedReceiver(participant, tally, wire);
    return open();
  };
  const poll = (consumer: Consumer<S>, limit?: number): number => {
    const count = consumer.poll(receiver.take, { limit });
    receiver.release();
    return count;
  };
  await participant.work(
    ROUNDS_MAX,
    join,
    async (consumer) => {
      const count = poll(consumer, 1 + random.below(LIMIT_MAX));
      participant.note(EVENT.polled, count);
      participant.noteSuccess();
      if (count === 0) await waitForOne(consumer, receiver);
    },
    // All producers have ended when the last consumer does: what is not there does not come any more.
    {
      pauseMsMax: 0,
      finish: (consumer) => {
        while (participant.isLast && poll(consumer) > 0);
      },
    },
  );
}

/** Waits in a loop: what a loop has taken comes again until it is acknowledged, what `receive` has returned does not. */
async function waitForOne<S extends ChannelSchema>(
  consumer: Consumer<S>,
  receiver: TalliedReceiver<S>,
): Promise<void> {
  const signal = AbortSignal.timeout(IDLE_MS);
  try {
    for await (const record of consumer.records({ signal })) {
      receiver.take(record as Parameters<typeof receiver.take>[0]);
      consumer.acknowledge();
      break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  receiver.release();
}

/** How many records a consumer may have been handed and not have released when it dies; see `Consumer`. */
const UNRELEASED_MAX = 512;

/** One record in so many takes up to so many milliseconds. */
const ONE_IN_DAWDLE = 10_000;
const DAWDLE_MS_MAX = 4;

/** Checks what one consumer is handed, against the accounts of producers and of earlier consumers. */
class TalliedReceiver<S extends ChannelSchema> {
  /** Takes a record. */
  readonly take: (record: RecordCursor<S>) => void;
  readonly #participant: Participant;
  readonly #tally: Tally;
  readonly #reading: Reading = { stream: 0, sequence: 0 };
  /** The number that comes next, by stream. */
  readonly #expected: number[] = [];
  /** The number from which a stream's records are new. */
  readonly #fresh: number[] = [];
  /** Streams of which something has not been released. */
  readonly #touched = new Set<number>();
  #taken = 0;
  #again = 0;
  #againInAll = 0;

  constructor(participant: Participant, tally: Tally, wire: Wire<S>) {
    this.#participant = participant;
    this.#tally = tally;
    const reading = this.#reading;
    this.take = (record) => {
      this.#taken++;
      if (wire.read(record, reading) && reading.stream < tally.streamCount) this.#check();
      else participant.note(EVENT.torn, reading.sequence, reading.stream);
      // In the middle of what it has been handed, so that it is sometimes killed there.
      const { random } = participant;
      if (random.oneIn(ONE_IN_DAWDLE)) Bun.sleepSync(random.below(DAWDLE_MS_MAX));
    };
  }

  /** Enters in the accounts that all that was taken has been released. */
  release(): void {
    for (const stream of this.#touched) this.#tally.release(stream);
    this.#touched.clear();
    this.#tally.count(this.#taken, this.#again);
    this.#taken = 0;
    this.#again = 0;
  }

  #check(): void {
    const { stream, sequence } = this.#reading;
    const expected = this.#expected[stream] ?? this.#begin(stream, sequence);
    this.#touched.add(stream);
    if (sequence > expected) this.#participant.note(EVENT.missed, sequence - expected, stream);
    if (sequence < expected) this.#participant.note(EVENT.repeated, 1, stream);
    this.#expected[stream] = sequence + 1;
    this.#tally.reach(stream, sequence + 1);
    if (sequence < (this.#fresh[stream] ?? 0)) this.#takeAgain(stream);
  }

  /** The first record of a stream that this consumer gets: not released before, and none left out. */
  #begin(stream: number, sequence: number): number {
    const { next, floor } = this.#tally.account(stream);
    this.#fresh[stream] = next;
    return Math.max(floor, Math.min(sequence, next));
  }

  #takeAgain(stream: number): void {
    this.#again++;
    if (++this.#againInAll > UNRELEASED_MAX) this.#participant.note(EVENT.repeated, 1, stream);
  }
}

/** Every record that was published has come, and consumers have found no fault. */
function judgeFlood(evidence: readonly Evidence[], evidencePath: string, name: string): Finding[] {
  return [
    ...findEvents(evidence, EVENT.torn, "torn", "a record that was not whole, perhaps number"),
    ...findEvents(evidence, EVENT.missed, "lost", "records in a row that were left out:"),
    ...findEvents(evidence, EVENT.repeated, "duplicated", "a record that came again:"),
    ...judgeAccounts(evidencePath, name),
    ...findLeaked(evidence),
  ];
}

function judgeAccounts(evidencePath: string, name: string): Finding[] {
  const findings: Finding[] = [];
  using tally = new Tally(evidencePath, name);
  for (let stream = 0; stream < tally.streamCount; stream++) {
    const { intended, acknowledged, next } = tally.account(stream);
    if (next < acknowledged) {
      const detail = `${next} to ${acknowledged - 1} of stream ${stream} of ${name}`;
      findings.push({ fault: "lost", count: acknowledged - next, detail });
    }
    if (next > intended) {
      const detail = `${intended} to ${next - 1} of stream ${stream} of ${name}, which nobody sent`;
      findings.push({ fault: "torn", count: next - intended, detail });
    }
  }
  return findings;
}
