/**
 * The suites about communication, as far as one needs them before they run.
 *
 * Channels by pattern stand in the suite of the work that they do: producer and consumer, publisher and subscribers in
 * `records`; requester and responder in `roundTrip` and `latency`. So they have the same peers.
 *
 * @module
 */
import type { CaseSpec, SuiteSpec } from "../../runner/suite.ts";
import { COMPANIES, KINDS, kindsCase, WAYS } from "./kinds-cases.ts";
import { CHANNELS, ladderCase, READERS, RUNGS } from "./ladder-cases.ts";
import { PAUSES_MS, PERCENTILES, pacedCase } from "./paced-cases.ts";
import { TRANSFER_SIZES } from "./transfer-sizes.ts";

const BATCHED = ["batched"] as const;
/** Both sides look all the time: each needs a CPU of its own. */
const POLLING = ["batched", "polling"] as const;
const RATE = { unit: "records_per_second" } as const;
const TIME = { unit: "ns" } as const;

const RECORDS: readonly CaseSpec[] = [
  {
    name: "batch",
    title: "Producer.batch(256) to poll",
    role: "isthmus",
    ...RATE,
    labels: POLLING,
  },
  { name: "claim", title: "Producer.claim to poll", role: "isthmus", ...RATE, labels: POLLING },
  { name: "send", title: "Producer.send to poll", role: "isthmus", ...RATE, labels: POLLING },
  {
    name: "fourSenders",
    title: "four Producer.send, in four processes, to one poll",
    role: "isthmus",
    ...RATE,
    labels: POLLING,
  },
  {
    name: "follow",
    title: "Producer.send to for await",
    role: "isthmus",
    ...RATE,
    labels: BATCHED,
  },
  {
    name: "publish",
    title: "Publisher.send to one Subscriber.poll",
    role: "isthmus",
    ...RATE,
    labels: POLLING,
  },
  {
    name: "publishTwo",
    title: "Publisher.send to two Subscriber.poll, each gets all",
    role: "isthmus",
    ...RATE,
    labels: POLLING,
  },
  { name: "pipe", title: "named pipe, a write and a read each", role: "peer", ...RATE },
  { name: "pipeBatched", title: "named pipe, 64 KiB", role: "peer", ...RATE, labels: BATCHED },
  { name: "socket", title: "Unix socket, 64 KiB", role: "peer", ...RATE, labels: BATCHED },
  { name: "spawnIpc", title: "Bun.spawn ipc, objects", role: "peer", ...RATE },
  { name: "workerMessages", title: "Worker.postMessage, objects", role: "peer", ...RATE },
  {
    name: "sharedArrayBuffer",
    title: "Worker, hand-written ring in a SharedArrayBuffer",
    role: "peer",
    ...RATE,
    labels: [...POLLING, "threads"],
  },
  {
    name: "bunMmap",
    title: "hand-written ring in Bun.mmap",
    role: "peer",
    ...RATE,
    labels: POLLING,
  },
  { name: "nodeIpc", title: "node-ipc, objects", role: "peer", ...RATE, peer: "node-ipc" },
];

const CARRIERS = [
  { name: "channel", title: "Producer.send of bytes to poll", role: "isthmus", labels: BATCHED },
  { name: "pipe", title: "named pipe, a write each", role: "peer" },
  { name: "socket", title: "Unix socket", role: "peer", labels: BATCHED },
] as const;

const PACED = [
  { name: "channel", title: "channels", role: "isthmus" },
  { name: "socket", title: "Unix socket", role: "peer" },
  { name: "spawnIpc", title: "Bun.spawn ipc, objects", role: "peer" },
] as const;

/** In the order in which they run. */
export const MESSAGE_SUITES: readonly SuiteSpec[] = [
  {
    id: "records",
    title: "Records of 64 bytes from one process to another",
    cases: RECORDS,
    load: () => import("./records.ts"),
  },
  {
    id: "kinds",
    title: "Records of 64 bytes through a channel or a topic, both ends in one process",
    cases: KINDS.flatMap((kind) =>
      WAYS.flatMap((way) =>
        COMPANIES.map(
          (company): CaseSpec => ({
            name: kindsCase(kind, way, company),
            title: `${kind}, ${way}, ${company === "alone" ? "alone" : "beside other schemas"}`,
            role: "isthmus",
            ...TIME,
            labels: BATCHED,
          }),
        ),
      ),
    ),
    load: () => import("./kinds.ts"),
  },
  {
    id: "ladder",
    title: "Writing a record of 64 bytes, from a bare ring to a channel",
    cases: RUNGS.flatMap(([rung, title]) =>
      READERS.map(
        (reader): CaseSpec => ({
          name: ladderCase(rung, reader),
          title: `${title}; read ${reader === "near" ? "here" : "by another process"}`,
          role: rung in CHANNELS ? "isthmus" : "reference",
          ...TIME,
          labels: BATCHED,
        }),
      ),
    ),
    load: () => import("./ladder.ts"),
  },
  {
    id: "transfer",
    title: "Throughput against the size of a record, two processes",
    cases: CARRIERS.flatMap(({ name, title, ...rest }) =>
      TRANSFER_SIZES.map((recordBytes): CaseSpec => {
        const unit = "bytes_per_second";
        return {
          name: `${name}-${recordBytes}`,
          title: `${title}, ${recordBytes} B`,
          ...rest,
          unit,
          recordBytes,
          process: name,
        };
      }),
    ),
    load: () => import("./transfer.ts"),
  },
  {
    id: "roundTrip",
    title: "Round trip of 64 bytes, one after the other, two processes",
    cases: [
      { name: "spinning", title: "channels, both sides polling", role: "isthmus", ...TIME },
      { name: "words", title: "two words in shared memory, spinning", role: "reference", ...TIME },
      { name: "records", title: "a bare ring each way, spinning", role: "reference", ...TIME },
      {
        name: "busyRecords",
        title: "the same, with a channel's own work",
        role: "reference",
        ...TIME,
      },
      { name: "asleep", title: "channels, asleep in the event loop", role: "isthmus", ...TIME },
      { name: "blocking", title: "channels, both sides in receive()", role: "isthmus", ...TIME },
      { name: "request", title: "Requester.request, asleep", role: "isthmus", ...TIME },
      { name: "jobs", title: "work queues, asleep in the event loop", role: "isthmus", ...TIME },
      { name: "event", title: "NamedEvent.set and waitAsync", role: "isthmus", ...TIME },
      { name: "bell", title: "named pipes, asleep in the event loop", role: "peer", ...TIME },
      { name: "pipe", title: "named pipes, blocking reads", role: "peer", ...TIME },
    ],
    load: () => import("./round-trips.ts"),
  },
  {
    id: "paced",
    title: "Round trip of 64 bytes, one every 1 or 5 ms, both sides asleep in their event loops",
    cases: PACED.flatMap(({ name, title, role }) =>
      PAUSES_MS.flatMap((pauseMs) =>
        PERCENTILES.map(
          (percentile): CaseSpec => ({
            name: pacedCase(name, pauseMs, percentile),
            title: `${title}, one in ${pauseMs} ms`,
            role,
            ...TIME,
            labels: [`p${percentile}`],
            process: `${name}-${pauseMs}`,
          }),
        ),
      ),
    ),
    load: () => import("./paced.ts"),
  },
  {
    id: "pictures",
    title: "Pictures of 8.3 MB, 60 a second, the reader asleep between them: its CPU time for one",
    cases: [
      { name: "inPlace", title: "Consumer.pollAsync", role: "isthmus", ...TIME },
      { name: "latest", title: "Consumer.pollAsync of the latest", role: "isthmus", ...TIME },
      { name: "copied", title: "Consumer.receiveAsync", role: "isthmus", ...TIME },
      { name: "limit", title: "0.25 s for 300 pictures", role: "reference", ...TIME },
    ].map((each) => ({ ...each, labels: ["CPU time"] }) as CaseSpec),
    load: () => import("./pictures.ts"),
  },
  {
    id: "latency",
    title: "Latency of a round trip on a fixed schedule, answering side asleep",
    cases: [
      { name: "channel", title: "channels", role: "isthmus", ...TIME },
      { name: "request", title: "Requester.request", role: "isthmus", ...TIME },
      { name: "pipe", title: "named pipes", role: "peer", ...TIME },
      { name: "socket", title: "Unix socket", role: "peer", ...TIME },
      { name: "spawnIpc", title: "Bun.spawn ipc, objects", role: "peer", ...TIME },
      { name: "workerMessages", title: "Worker.postMessage, objects", role: "peer", ...TIME },
    ].map((each) => ({ ...each, labels: ["p50", "open loop"] }) as CaseSpec),
    load: () => import("./latency.ts"),
  },
];
