/**
 * The processes of the communication steps. Started as `messenger.ts ROLE NAME COUNT [FIRST]`; what it
 * says is lines of JSON on stdout.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { bytes, Consumer, json, Producer } from "@isthmus/ipc";
import { sayHello } from "../child.ts";
import { answer, ask } from "../conversation.ts";
import { makeBytes, makeDocument } from "../document.ts";
import { fillMessage, Message, type MessageFields, Tally } from "../message.ts";
import { readPipe, writePipe } from "../named-pipe.ts";
import { PATIENCE_MS } from "../patience.ts";

type Role = (name: string, count: number, first: number) => void;

/** How many messages are published together. */
const BATCH_MESSAGES = 500;
const PATIENCE = { timeoutMs: PATIENCE_MS } as const;
/** Where two processes share one processor a round is a thousand times as long. */
const CONVERSATION_MS = 1000;
/** Far longer than the demonstration needs to end the process. */
const STICK_MS = 20_000;

const ROLES: Readonly<Record<string, Role>> = {
  /** Sends messages, written in place, in batches. */
  produce: (name, count, first) => {
    using producer = Producer.createOrOpen(name, { schema: Message });
    sendMessages(producer, first, first + count);
    say({ fullWaits: producer.metrics.fullWaits });
  },
  /** Sends messages, begins another batch and stays inside it until it is killed. */
  stick: (name, count) => {
    using producer = Producer.createOrOpen(name, { schema: Message });
    sendMessages(producer, 0, count);
    // A batch that finds no room publishes what it has: this one shall find room for all of it.
    while (producer.metrics.lag > 0) Bun.sleepSync(1);
    producer.batch((batch) => {
      for (let extra = 0; extra < BATCH_MESSAGES; extra += 1) {
        batch.claim((message) => fillMessage(message, count + extra));
      }
      writeSync(1, `${JSON.stringify({ unpublished: BATCH_MESSAGES })}\n`);
      Bun.sleepSync(STICK_MS);
    });
  },
  /** Receives and checks messages in place. */
  consume: (name, count) => {
    using consumer = Consumer.createOrOpen(name, { schema: Message });
    say({ ready: true });
    const tally = new Tally();
    const take = (message: MessageFields): void => tally.note(message);
    take(consumer.receive(PATIENCE));
    const startMs = performance.now();
    while (tally.messages < count) {
      if (consumer.poll(take) === 0) take(consumer.receive(PATIENCE));
    }
    say({ ...tally, elapsedMs: performance.now() - startMs });
  },
  "send-bytes": (name, count) => {
    using producer = Producer.createOrOpen(name, { schema: bytes });
    for (let sequence = 0; sequence < count; sequence += 1) {
      producer.send(makeBytes(sequence), PATIENCE);
    }
  },
  "send-json": (name, count) => {
    using producer = Producer.createOrOpen(name, { schema: json });
    for (let sequence = 0; sequence < count; sequence += 1) {
      producer.send(makeDocument(sequence), PATIENCE);
    }
  },
  "write-pipe": writePipe,
  "read-pipe": (path) => {
    const { tally, elapsedMs } = readPipe(path);
    say({ ...tally, elapsedMs });
  },
  ask: (name, count) => {
    const times = ask(name, { rounds: count, durationMs: CONVERSATION_MS });
    const sorted = Float64Array.from(times).sort();
    const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
    say({ rounds: sorted.length, medianMs: at(0.5), p99Ms: at(0.99) });
  },
  answer: (name) => answer(name),
};

function sendMessages(producer: Producer<typeof Message>, first: number, end: number): void {
  let next = first;
  const write = (message: MessageFields): void => fillMessage(message, next);
  while (next < end) {
    const stop = Math.min(end, next + BATCH_MESSAGES);
    producer.batch((batch) => {
      for (; next < stop; next += 1) batch.claim(write);
    });
  }
}

function say(record: object): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

const [role = "", name = "", count = "0", first = "0"] = process.argv.slice(2);
sayHello();
const play = ROLES[role];
if (play === undefined) throw new Error(`Unknown role "${role}"`);
play(name, Number(count), Number(first));
