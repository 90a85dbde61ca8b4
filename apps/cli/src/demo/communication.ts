/**
 * Concept 5: processes that exchange structured messages.
 *
 * @module
 */
import { MemoryMappedFile, TimeoutError } from "@isthmus/core";
import { formatCount, formatDuration, formatRate } from "../output/format.ts";
import { check, checkEqual } from "./check.ts";
import type { DemoChild } from "./child.ts";
import { MESSAGE_BYTES } from "./message.ts";
import { MessageRing, ringBytes } from "./message-ring.ts";
import { PING_PONG_BYTES } from "./ping-pong.ts";
import type { DemoRoom } from "./room.ts";
import { type DemoConcept, SkippedStep, type StepOutcome } from "./step.ts";

const MESSENGER = "messenger.ts";
const SLOTS = 8192;
const SMALL_SLOTS = 4;
const RING_MESSAGES = 1_000_000;
const PIPE_MESSAGES = 200_000;
const SMALL_RING_MESSAGES = 20_000;
const BEFORE_KILL = 50_000;
const AFTER_KILL = 1000;
const ROUNDS = 20_000;
const WAIT_TIMEOUT_MS = 10_000;
const SPINS_BEFORE_TURN = 1000;

/** Communication: producer and consumer, back-pressure, death, question and answer. */
export const communication: DemoConcept = {
  number: 5,
  title: "Communication",
  steps: [
    { name: "a producer and a consumer process", run: producerAndConsumer },
    { name: "the same through a named pipe", run: namedPipe },
    { name: "a slow reader holds the producer back", run: backPressure },
    { name: "a killed producer leaves only whole messages", run: killedProducer },
    { name: "question and answer", run: questionAndAnswer },
  ],
};

interface Report {
  readonly messages: number;
  readonly lost: number;
  readonly corrupt: number;
  readonly elapsedMs: number;
}

interface GameReport {
  readonly rounds: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** The rate of the ring, for the step that compares. */
const measured = new WeakMap<DemoRoom, number>();

async function producerAndConsumer(room: DemoRoom): Promise<string> {
  using _file = MemoryMappedFile.createNew("demo-ring", ringBytes(SLOTS));
  await using consumer = room.spawn(MESSENGER, "ring-consumer", "demo-ring");
  await using producer = room.spawn(MESSENGER, "ring-producer", "demo-ring", RING_MESSAGES);
  const rate = await rateOf(consumer, RING_MESSAGES);
  await producer.finish();
  measured.set(room, rate);
  const messages = `${formatCount(RING_MESSAGES)} messages of ${MESSAGE_BYTES} bytes`;
  return `${messages}, none lost or corrupt: ${rateText(rate)}`;
}

async function namedPipe(room: DemoRoom): Promise<StepOutcome> {
  const path = room.path("messages.pipe");
  const mkfifo = Bun.which("mkfifo");
  if (mkfifo === null) return new SkippedStep("there is no mkfifo command");
  if (Bun.spawnSync([mkfifo, path]).exitCode !== 0) return new SkippedStep("mkfifo failed");
  await using consumer = room.spawn(MESSENGER, "pipe-consumer", path);
  await using producer = room.spawn(MESSENGER, "pipe-producer", path, PIPE_MESSAGES);
  const rate = await rateOf(consumer, PIPE_MESSAGES);
  await producer.finish();
  const ringRate = measured.get(room);
  const ratio =
    ringRate === undefined ? "" : `; shared memory was ${(ringRate / rate).toFixed(1)}× as fast`;
  return `${formatCount(PIPE_MESSAGES)} messages, one write each: ${rateText(rate)}${ratio}`;
}

async function backPressure(room: DemoRoom): Promise<string> {
  using file = MemoryMappedFile.createNew("demo-small", ringBytes(SMALL_SLOTS));
  using view = file.createViewAccessor();
  const ring = new MessageRing(view);
  await using producer = room.spawn(MESSENGER, "ring-producer", "demo-small", SMALL_RING_MESSAGES);
  while (await hasMessage(ring, room.signal)) {
    ring.poll(1);
    check(
      ring.published - ring.received.messages <= SMALL_SLOTS,
      "the producer overwrote messages that had not been read",
    );
  }
  checkEqual(ring.received, whole(SMALL_RING_MESSAGES), "what arrived");
  await producer.finish();
  const messages = `${formatCount(SMALL_RING_MESSAGES)} messages`;
  return `${messages} through ${SMALL_SLOTS} slots, never overwritten`;
}

async function killedProducer(room: DemoRoom): Promise<string> {
  using file = MemoryMappedFile.createNew("demo-kill", ringBytes(SLOTS));
  using view = file.createViewAccessor();
  const ring = new MessageRing(view);
  await using victim = room.spawn(MESSENGER, "ring-producer", "demo-kill", 2 ** 30);
  while (ring.received.messages < BEFORE_KILL) {
    await hasMessage(ring, room.signal);
    ring.poll(SLOTS);
  }
  await victim[Symbol.asyncDispose]();
  while (ring.poll(SLOTS) > 0);
  const before = ring.received.messages;
  checkEqual(ring.received, whole(before), "what the killed producer had published");
  await using heir = room.spawn(MESSENGER, "ring-producer", "demo-kill", AFTER_KILL);
  while (await hasMessage(ring, room.signal)) ring.poll(SLOTS);
  checkEqual(ring.received, whole(before + AFTER_KILL), "what arrived in all");
  await heir.finish();
  const count = formatCount(before);
  return `${count} whole messages, then its heir went on with number ${count}`;
}

async function questionAndAnswer(room: DemoRoom): Promise<string> {
  using _file = MemoryMappedFile.createNew("demo-ping", PING_PONG_BYTES);
  await using pong = room.spawn(MESSENGER, "pong", "demo-ping");
  await using ping = room.spawn(MESSENGER, "ping", "demo-ping", ROUNDS);
  const { rounds, medianMs, p99Ms } = JSON.parse(await ping.nextLine()) as GameReport;
  check(rounds > 0, "not one round was played");
  await Promise.all([ping.finish(), pong.finish()]);
  const median = formatDuration(medianMs);
  const p99 = formatDuration(p99Ms);
  return `${formatCount(rounds)} round trips, median ${median}, 99 % within ${p99}`;
}

/**
 * Waits for a message and lets the event loop turn meanwhile: this process must hear Ctrl-C, and it
 * must not wait for a process that Ctrl-C has ended.
 *
 * @returns False when the ring is empty and closed.
 */
async function hasMessage(ring: MessageRing, signal: AbortSignal): Promise<boolean> {
  const deadlineMs = performance.now() + WAIT_TIMEOUT_MS;
  for (let spins = 1; ring.isEmpty; spins += 1) {
    if (ring.isClosed) return !ring.isEmpty;
    if (spins % SPINS_BEFORE_TURN !== 0) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    if (performance.now() > deadlineMs) {
      throw new TimeoutError(`The producer sent nothing for ${WAIT_TIMEOUT_MS} ms`);
    }
  }
  return true;
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
  return `${formatCount(perSecond)} messages/s (${formatRate(perSecond * MESSAGE_BYTES)})`;
}
