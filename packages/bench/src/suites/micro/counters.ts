/**
 * What it costs that every channel counts, always: the same channel with its counters and without, both ends in one
 * process, so that nothing but the work itself is in the figure.
 *
 * The variant without is the same code with the methods of `Counters` emptied before anything is compiled, in a process
 * of its own: the compiler then leaves nothing of them.
 *
 * @module
 */
import { Consumer, Producer } from "@isthmus/ipc";
import { Counters } from "@isthmus/ipc/internal";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { expectedSum, Sample, type SampleFields } from "../sample.ts";
import { measureMicro, mustBe } from "./micro.ts";

/** Records of a burst: so many share one publication, and one look at the counters of each side. */
const BURST_RECORDS = 256;

/** With records alone and in bursts; `timed` also stamps each record and counts how long it took. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  alone: (context) => throughChannel(context, 1),
  aloneUncounted: (context) => uncounted(() => throughChannel(context, 1, { isCounting: false })),
  burst: (context) => throughChannel(context, BURST_RECORDS),
  burstUncounted: (context) =>
    uncounted(() => throughChannel(context, BURST_RECORDS, { isCounting: false })),
  burstTimed: (context) => throughChannel(context, BURST_RECORDS, { isTimed: true }),
};

interface Variant {
  /** Whether the counters are there; the guard looks at them. */
  readonly isCounting?: boolean;
  readonly isTimed?: boolean;
}

/** Runs with counters that count nothing. */
async function uncounted(run: () => Promise<Figure>): Promise<Figure> {
  const { prototype } = Counters;
  const { add, addRecords, touch } = prototype;
  const nothing = (): void => {};
  Object.assign(prototype, { add: nothing, addRecords: nothing, touch: nothing });
  try {
    return await run();
  } finally {
    Object.assign(prototype, { add, addRecords, touch });
  }
}

async function throughChannel(
  context: CaseContext,
  records: number,
  { isCounting = true, isTimed = false }: Variant = {},
): Promise<Figure> {
  const options = { schema: Sample, capacityBytes: 1 << 16, latency: isTimed };
  using consumer = Consumer.createNew("bench-counters", options);
  using producer = Producer.openExisting("bench-counters", options);
  let next = 0;
  let sum = 0;
  const fill = (record: SampleFields): void => {
    record.a = next;
    record.b = next + 1;
    record.c = next + 2;
    record.d = next + 3;
    record.e = next + 4;
    record.f = next + 5;
    record.g = next + 6;
    record.h = next + 7;
    next++;
  };
  const add = ({ a, b, c, d, e, f, g, h }: SampleFields): void => {
    sum += a + b + c + d + e + f + g + h;
  };
  return await measureMicro(context, {
    operations: records,
    run: () => {
      producer.batch((batch) => {
        for (let i = 0; i < records; i++) batch.claim(fill);
      });
      producer.flush();
      return consumer.poll(add);
    },
    verify: (calls) => {
      mustBe(next, calls * records);
      mustBe(sum, expectedSum(0, next));
      mustBe(consumer.metrics.records, isCounting ? next : 0);
      mustBe(producer.metrics.records, isCounting ? next : 0);
      mustBe(consumer.metrics.latency?.count, isTimed ? next : undefined);
    },
  });
}
