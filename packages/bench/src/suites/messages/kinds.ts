/**
 * Channels beside topics, each alone and in a process that has both with several schemas: both ends in one process, so that
 * only the work itself is in the figure, and what compiled code makes of it.
 *
 * @module
 */
import {
  bytes,
  Consumer,
  f32,
  f64,
  Producer,
  Publisher,
  Subscriber,
  struct,
  u32,
} from "@isthmus/ipc";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { median } from "../../statistics/statistics.ts";
import { expectedSum, Sample, type SampleFields, SampleWriter, sampleOf } from "../sample.ts";
import {
  COMPANIES,
  type Company,
  KINDS,
  type Kind,
  kindsCase,
  WAYS,
  type Way,
} from "./kinds-cases.ts";

/** Records that are sent before they are read. */
const LAP_RECORDS = 512;
/** Laps that count, for each millisecond of a micro benchmark. As many before them do not: everything is compiled by then. */
const LAPS_PER_MS = 500;
const CAPACITY = { capacityBytes: 1 << 17 };

const Trade = struct({ id: u32, price: f64, size: f32 });

/** Sends some records and reads them. */
type Lap = () => void;

/** A channel or topic that is open, with both its ends. */
interface Open extends Disposable {
  readonly lap: Lap;
  /** Throws unless what was read is what was sent. */
  readonly verify: () => void;
}

/** Every kind by every way, in both companies. */
export const cases: Readonly<Record<string, CaseFunction>> = Object.fromEntries(
  KINDS.flatMap((kind) =>
    WAYS.flatMap((way) =>
      COMPANIES.map((company): [string, CaseFunction] => [
        kindsCase(kind, way, company),
        (context) => timeOf(context, kind, way, company),
      ]),
    ),
  ),
);

function timeOf({ sizes }: CaseContext, kind: Kind, way: Way, company: Company): Figure {
  using subject = openSamples(kind, way);
  using others = new DisposableStack();
  const otherLaps = company === "alone" ? [] : others.use(openOthers()).laps;
  const times: number[] = [];
  const laps = sizes.microMs * LAPS_PER_MS;
  for (let i = 0; i < 2 * laps; i++) {
    const begun = Bun.nanoseconds();
    subject.lap();
    const ns = Bun.nanoseconds() - begun;
    for (const lap of otherLaps) lap();
    if (i >= laps) times.push(ns / LAP_RECORDS);
  }
  subject.verify();
  return { value: median(times) };
}

function openEnds(kind: Kind) {
  const name = `kinds-${process.pid}`;
  const options = { schema: Sample, ...CAPACITY };
  const receiver =
    kind === "channel" ? Consumer.createNew(name, options) : Subscriber.createNew(name, options);
  const sender =
    kind === "channel"
      ? Producer.openExisting(name, options)
      : Publisher.openExisting(name, options);
  return { receiver, sender };
}

function openSamples(kind: Kind, way: Way): Open {
  const { receiver, sender } = openEnds(kind);
  const writer = new SampleWriter();
  let sum = 0;
  const add = ({ a, b, c, d, e, f, g, h }: SampleFields): void => {
    sum += a + b + c + d + e + f + g + h;
  };
  const sends: Readonly<Record<Way, Lap>> = {
    batch: () => {
      const to = writer.number + LAP_RECORDS;
      sender.batch((batch) => {
        for (; writer.number < to; writer.number++) batch.claim(writer.write);
      });
    },
    claim: () => {
      const to = writer.number + LAP_RECORDS;
      for (; writer.number < to; writer.number++) sender.claim(writer.write);
    },
    send: () => {
      const to = writer.number + LAP_RECORDS;
      for (; writer.number < to; writer.number++) sender.send(sampleOf(writer.number));
    },
  };
  const send = sends[way];
  return {
    lap: () => {
      send();
      sender.flush();
      for (let seen = 0; seen < LAP_RECORDS; ) seen += receiver.poll(add);
    },
    verify: () => {
      const expected = expectedSum(0, writer.number);
      if (sum !== expected) throw new Error(`sum ${sum} instead of ${expected}`);
    },
    [Symbol.dispose]: () => {
      sender.dispose();
      receiver.dispose();
    },
  };
}

/** A channel and a topic of another struct, and a channel of bytes. */
function openOthers(): Disposable & { readonly laps: readonly Lap[] } {
  const open = new DisposableStack();
  const name = `kinds-others-${process.pid}`;
  const trades = { schema: Trade, ...CAPACITY };
  const raw = { schema: bytes, ...CAPACITY };
  const ends = [
    [Consumer.createNew(`${name}-1`, trades), Producer.openExisting(`${name}-1`, trades)],
    [Subscriber.createNew(`${name}-2`, trades), Publisher.openExisting(`${name}-2`, trades)],
  ] as const;
  const reader = open.use(Consumer.createNew(`${name}-3`, raw));
  const writer = open.use(Producer.openExisting(`${name}-3`, raw));
  for (const end of ends.flat()) open.use(end);
  const laps = ends.map(([receiver, sender]) => (): void => {
    let number = 0;
    for (let i = 0; i < LAP_RECORDS; i++) {
      if (i % 2 === 0) sender.send({ id: i, price: i, size: 1 });
      else {
        sender.claim((trade) => {
          trade.id = i;
          trade.price = i;
          trade.size = 1;
        });
      }
    }
    sender.flush();
    const check = ({ id }: { readonly id: number }): void => {
      if (id !== number++) throw new Error(`record ${id} came instead of ${number - 1}`);
    };
    while (number < LAP_RECORDS) receiver.poll(check);
  });
  const record = new Uint8Array(64);
  const bytesLap = (): void => {
    for (let i = 0; i < LAP_RECORDS; i++) writer.send(record);
    writer.flush();
    for (let seen = 0; seen < LAP_RECORDS; ) seen += reader.poll(() => {});
  };
  return { laps: [...laps, bytesLap], [Symbol.dispose]: () => open.dispose() };
}
