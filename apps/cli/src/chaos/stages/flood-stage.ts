/**
 * As many records as there can be: producers and one consumer that check all of them and write down only faults.
 *
 * @module
 */
import type { ChannelSchema, Consumer, Producer } from "@isthmus/ipc";
import { EVENT } from "../event.ts";
import { judgeFlood } from "../judges/judge-flood.ts";
import { TalliedReceiver } from "../roles/tallied-receiver.ts";
import type { Wire } from "../roles/wire.ts";
import type { Stage } from "../stage.ts";
import { PATIENCE, type Stand } from "../stand.ts";
import { Tally } from "../tally.ts";
import { channelParts } from "./channel-stage.ts";

const BURST_RECORDS_MAX = 20_000;
/** Bursts and polls between joining and leaving. */
const ROUNDS_MAX = 2000;
const LIMIT_MAX = 5000;
/** How long to wait for a record before it is seen whether it is over, in milliseconds. */
const IDLE_MS = 100;

/**
 * Makes the stage of a channel whose records are tallied.
 *
 * @param name The channel's.
 * @param wire Its records.
 * @param producers How many there are.
 */
export function floodStage<S extends ChannelSchema>(
  name: string,
  wire: Wire<S>,
  producers: number,
): Stage {
  return {
    name,
    parts: channelParts({
      name,
      wire,
      producers,
      send: (stand, open) => pour(stand, name, wire, open),
      receive: (stand, open) => drain(stand, name, wire, open),
    }),
    judge: (testimonies, evidencePath) => judgeFlood(testimonies, evidencePath, name),
  };
}

async function pour<S extends ChannelSchema>(
  stand: Stand,
  name: string,
  wire: Wire<S>,
  open: () => Producer<S>,
): Promise<void> {
  const { random } = stand;
  using tally = new Tally(stand.evidencePath, name);
  while (!stand.isOver) {
    {
      using producer = open();
      const stream = tally.open();
      let next = 0;
      stand.note(EVENT.ready);
      for (let rounds = 1 + random.below(ROUNDS_MAX); stand.goesOn(rounds); rounds--) {
        const end = next + 1 + random.below(BURST_RECORDS_MAX);
        tally.intend(stream, end);
        if (stand.takeSabotage("skip")) next++;
        if (stand.takeSabotage("repeat")) producer.send(wire.make(stream, next, random), PATIENCE);
        if (stand.takeSabotage("tear")) producer.send(wire.tear(stream, next, random), PATIENCE);
        stand.persist(() =>
          producer.batch((batch) => {
            for (; next < end; next++) wire.claim({ sink: batch, stream, random }, next, () => {});
          }),
        );
        producer.flush();
        tally.acknowledge(stream, end);
        stand.note(EVENT.acknowledged, end, stream);
        await stand.breathe();
      }
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}

async function drain<S extends ChannelSchema>(
  stand: Stand,
  name: string,
  wire: Wire<S>,
  open: () => Consumer<S>,
): Promise<void> {
  const { random } = stand;
  using tally = new Tally(stand.evidencePath, name);
  let isDone = false;
  while (!isDone) {
    {
      using consumer = open();
      const receiver = new TalliedReceiver(stand, tally, wire);
      stand.note(EVENT.ready);
      for (let rounds = 1 + random.below(ROUNDS_MAX); stand.goesOn(rounds); rounds--) {
        const count = consumer.poll(receiver.take, { limit: 1 + random.below(LIMIT_MAX) });
        receiver.release();
        stand.note(EVENT.polled, count);
        if (count === 0) await waitForOne(consumer, receiver);
        else await stand.turn();
      }
      isDone = stand.isOver;
      // Whoever sends has ended by now: what is not there does not come any more.
      while (stand.isLast && consumer.poll(receiver.take) > 0) receiver.release();
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}

/** A loop, because what it has taken comes again until it is acknowledged; `receive` may take a record to the grave. */
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
