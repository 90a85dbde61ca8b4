/**
 * Concept 5: processes that exchange structured messages.
 *
 * @module
 */
import { bytes, Consumer, json } from "@isthmus/ipc";
import {
  formatCount,
  formatDuration,
  formatFrequency,
  formatRate,
  formatSize,
} from "../output/format.ts";
import { check, checkEqual } from "./check.ts";
import type { DemoChild } from "./child.ts";
import { areBytesIntact, makeDocument } from "./document.ts";
import { Message, Tally } from "./message.ts";
import { PATIENCE_MS } from "./patience.ts";
import type { DemoRoom } from "./room.ts";
import { type DemoConcept, SkippedStep, type StepOutcome } from "./step.ts";

const MESSENGER = "messenger.ts";
const CHANNEL_MESSAGES = 2_000_000;
const PIPE_MESSAGES = 100_000;
const DOCUMENTS = 4_000;
const SLOTS = 4;
const SLOW_MESSAGES = 10_000;
/** How often the slow reader looks how much there is. */
const LOOK_EVERY = 16;
const BEFORE_KILL = 50_000;
const AFTER_KILL = 1000;
const ROUNDS = 20_000;

/** Communication: producer and consumer, every kind of record, back-pressure, death, question and answer. */
export const communication: DemoConcept = {
  number: 5,
  title: "Communication",
  steps: [
    { name: "a producer and a consumer process", run: producerAndConsumer },
    { name: "the same through a named pipe", run: namedPipe },
    { name: "bytes of any length, and JSON", run: bytesAndJson },
    { name: "a slow reader holds the producer back", run: backPressure },
    { name: "a killed producer leaves only whole messages", run: killedProducer },
    { name: "question and answer", run: questionAndAnswer },
  ],
};

interface Report extends Pick<Tally, "messages" | "lost" | "corrupt"> {
  readonly elapsedMs: number;
}

interface ConversationReport {
  readonly rounds: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** The rate of the channel, for the step that compares. */
const measured = new WeakMap<DemoRoom, number>();

async function producerAndConsumer(room: DemoRoom): Promise<string> {
  await using consumer = room.spawn(MESSENGER, "consume", "demo-orders", CHANNEL_MESSAGES);
  await consumer.nextLine();
  await using producer = room.spawn(MESSENGER, "produce", "demo-orders", CHANNEL_MESSAGES);
  const rate = await rateOf(consumer, CHANNEL_MESSAGES);
  await producer.finish();
  measured.set(room, rate);
  const messages = `${formatCount(CHANNEL_MESSAGES)} messages of ${Message.size} bytes`;
  return `${messages}, none lost or corrupt: ${rateText(rate)}`;
}

async function namedPipe(room: DemoRoom): Promise<StepOutcome> {
  const path = room.path("messages.pipe");
  const mkfifo = Bun.which("mkfifo");
  if (mkfifo === null) return new SkippedStep("there is no mkfifo command");
  if (Bun.spawnSync([mkfifo, path]).exitCode !== 0) return new SkippedStep("mkfifo failed");
  await using consumer = room.spawn(MESSENGER, "read-pipe", path);
  await using producer = room.spawn(MESSENGER, "write-pipe", path, PIPE_MESSAGES);
  const rate = await rateOf(consumer, PIPE_MESSAGES);
  await producer.finish();
  const channelRate = measured.get(room);
  const ratio =
    channelRate === undefined
      ? ""
      : `; the channel was ${(channelRate / rate).toFixed(1)}× as fast`;
  return `${formatCount(PIPE_MESSAGES)} messages, one write each: ${rateText(rate)}${ratio}`;
}

async function bytesAndJson(room: DemoRoom): Promise<string> {
  const { signal } = room;
  using raw = Consumer.createOrOpen("demo-bytes", { schema: bytes });
  using documents = Consumer.createOrOpen("demo-json", { schema: json });
  await using first = room.spawn(MESSENGER, "send-bytes", "demo-bytes", DOCUMENTS);
  await using second = room.spawn(MESSENGER, "send-json", "demo-json", DOCUMENTS);
  let sequence = 0;
  let total = 0;
  for await (const record of raw.records({ signal })) {
    check(areBytesIntact(record, sequence), `the bytes number ${sequence} came as others`);
    total += record.length;
    sequence += 1;
    if (sequence === DOCUMENTS) break;
  }
  sequence = 0;
  for await (const document of documents.records({ signal })) {
    checkEqual(document, makeDocument(sequence), `document ${sequence}`);
    sequence += 1;
    if (sequence === DOCUMENTS) break;
  }
  await Promise.all([first.finish(), second.finish()]);
  const count = formatCount(DOCUMENTS);
  return `${count} records of 8 to 5,007 bytes (${formatSize(total)}) and ${count} documents, each as it was sent`;
}

async function backPressure(room: DemoRoom): Promise<string> {
  using consumer = Consumer.createOrOpen("demo-slow", {
    schema: Message,
    capacityBytes: SLOTS * Message.size,
  });
  await using producer = room.spawn(MESSENGER, "produce", "demo-slow", SLOW_MESSAGES);
  const tally = new Tally();
  for await (const message of consumer.records({ signal: room.signal })) {
    tally.note(message);
    if (tally.messages % LOOK_EVERY === 0) {
      check(consumer.metrics.lag <= SLOTS, "more messages were sent than there is room for");
    }
    if (tally.messages === SLOW_MESSAGES) break;
  }
  checkEqual({ ...tally }, whole(SLOW_MESSAGES), "what arrived");
  const { fullWaits } = JSON.parse(await producer.nextLine()) as { fullWaits: number };
  check(fullWaits > 0, "the producer never waited");
  await producer.finish();
  const messages = `${formatCount(SLOW_MESSAGES)} messages through ${SLOTS} slots`;
  return `${messages}, none overwritten; the producer waited ${formatCount(fullWaits)} times`;
}

async function killedProducer(room: DemoRoom): Promise<string> {
  using consumer = Consumer.createOrOpen("demo-killed-producer", { schema: Message });
  const tally = new Tally();
  await using victim = room.spawn(MESSENGER, "stick", "demo-killed-producer", BEFORE_KILL);
  await receive(consumer, tally, BEFORE_KILL, room.signal);
  const { unpublished } = JSON.parse(await victim.nextLine()) as { unpublished: number };
  checkEqual(consumer.metrics.lanes[0]?.producerPid, victim.pid, "whose lane it is");
  await victim[Symbol.asyncDispose]();
  checkEqual(consumer.metrics.lanes[0]?.producerPid, undefined, "whose lane it is after its death");
  checkEqual(consumer.tryReceive(), undefined, "what there is of the batch in which it died");
  checkEqual({ ...tally }, whole(BEFORE_KILL), "what the killed producer had published");
  const produce = [MESSENGER, "produce", "demo-killed-producer"] as const;
  await using heir = room.spawn(...produce, AFTER_KILL, BEFORE_KILL);
  await receive(consumer, tally, BEFORE_KILL + AFTER_KILL, room.signal);
  checkEqual({ ...tally }, whole(BEFORE_KILL + AFTER_KILL), "what arrived in all");
  await heir.finish();
  const count = formatCount(BEFORE_KILL);
  return `${count} whole messages, nothing of the ${unpublished} it had begun; its heir went on with number ${count}`;
}

async function questionAndAnswer(room: DemoRoom): Promise<string> {
  await using answerer = room.spawn(MESSENGER, "answer", "demo-talk");
  await using asker = room.spawn(MESSENGER, "ask", "demo-talk", ROUNDS);
  const { rounds, medianMs, p99Ms } = JSON.parse(await asker.nextLine()) as ConversationReport;
  check(rounds > 0, "not one question was answered");
  await Promise.all([asker.finish(), answerer.finish()]);
  const median = formatDuration(medianMs);
  const p99 = formatDuration(p99Ms);
  return `${formatCount(rounds)} round trips, median ${median}, 99 % within ${p99}`;
}

/** Receives messages until there have been so many; the event loop turns meanwhile, to hear Ctrl-C. */
async function receive(
  consumer: Consumer<typeof Message>,
  tally: Tally,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  while (tally.messages < count) {
    const limit = count - tally.messages;
    if (consumer.poll((message) => tally.note(message), { limit }) > 0) await Bun.sleep(0);
    else tally.note(await consumer.receiveAsync({ timeoutMs: PATIENCE_MS, signal }));
  }
}

async function rateOf(consumer: DemoChild, expected: number): Promise<number> {
  const { elapsedMs, ...counts } = JSON.parse(await consumer.nextLine()) as Report;
  checkEqual(counts, whole(expected), "what arrived");
  return (expected / elapsedMs) * 1000;
}

function whole(messages: number): Omit<Report, "elapsedMs"> {
  return { messages, lost: 0, corrupt: 0 };
}

function rateText(perSecond: number): string {
  return `${formatFrequency(perSecond)} messages/s (${formatRate(perSecond * Message.size)})`;
}
