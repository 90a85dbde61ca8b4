/**
 * What stands between a bare ring and a channel: twins that write as a channel does, each with one more of its properties.
 *
 * @module
 */
import { Producer } from "@isthmus/ipc";
import { anchorOf } from "@isthmus/ipc/internal";
import { Sample, type SampleFields, SampleWriter, sampleOf } from "../sample.ts";
import { fillSample } from "./frames.ts";
import { type ChannelRung, type Rung, TWINS, type Twin } from "./ladder-cases.ts";

/** Records of a lap: a quarter of the ring. */
export const LAP_RECORDS = 4096;
export const RING_BYTES: number = 1 << 20;
const SLOT_BYTES = 64;
const SLOT_MASK = RING_BYTES / SLOT_BYTES - 1;
const RUN_RECORDS = 64;
const BATCH_RECORDS = 256;

/** Words and bytes of the memory of a ladder. */
const WORD = { turn: 0, tail: 64, idle: 128, asleep: 192 } as const;
const FIGURES_OFFSET = 1024;
const RESULT_OFFSET = 2048;
const SLOTS_OFFSET = 4096;
export const LADDER_BYTES: number = SLOTS_OFFSET + RING_BYTES;

/** Writes or reads the records of a lap. */
export type Lap = () => void;

/** The memory of a ladder: whose turn it is, what the writer found, and the twins' ring. */
export class LadderMemory {
  readonly words: Int32Array<ArrayBuffer>;
  readonly figures: Float64Array<ArrayBuffer>;
  readonly result: Float64Array<ArrayBuffer>;
  readonly floats: Float64Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;

  constructor({ buffer, byteOffset }: Uint8Array<ArrayBuffer>) {
    this.words = new Int32Array(buffer, byteOffset, SLOTS_OFFSET / 4);
    this.figures = new Float64Array(buffer, byteOffset + FIGURES_OFFSET, 2);
    this.result = new Float64Array(buffer, byteOffset + RESULT_OFFSET, 1);
    this.floats = new Float64Array(buffer, byteOffset + SLOTS_OFFSET, RING_BYTES / 8);
    this.view = new DataView(buffer, byteOffset + SLOTS_OFFSET, RING_BYTES);
  }

  /** Waits until a turn has come, without taking its line away from who writes it. */
  waitFor(turn: number): void {
    for (let spins = 0; ; spins++) {
      if ((spins & 63) === 0 && Atomics.load(this.words, WORD.turn) === turn) return;
    }
  }

  pass(turn: number): void {
    Atomics.store(this.words, WORD.turn, turn);
  }
}

/** Reads what twins write; gives the sum of all that it has read. */
export function twinReader({ words, floats }: LadderMemory, add: (sum: number) => void): Lap {
  let at = 0;
  return () => {
    const tail = Atomics.load(words, WORD.tail);
    let sum = 0;
    for (; at !== tail; at = (at + 1) | 0) {
      const start = (at & SLOT_MASK) * 8;
      for (let field = 0; field < 8; field++) sum += floats[start + field] as number;
    }
    add(sum);
  };
}

/** The laps of a rung. */
export function writerOf(rung: Rung, memory: LadderMemory, name: string): Lap {
  if (rung in TWINS) return twins[rung as Twin](memory);
  return channels[rung as ChannelRung](Producer.openExisting(name, { schema: Sample }));
}

/** One lap of a loop that writes record `i` to a slot, and publishes every 64, or each. */
function lapOf({ words }: LadderMemory, write: (i: number) => void): Lap {
  let i = 0;
  return () => {
    for (const to = i + LAP_RECORDS; i < to; ) {
      write(i);
      i++;
      if (i % RUN_RECORDS === 0) Atomics.store(words, WORD.tail, i);
    }
  };
}

const twins: Readonly<Record<Twin, (memory: LadderMemory) => Lap>> = {
  typed: (memory) => {
    const { floats } = memory;
    return lapOf(memory, (i) => fillSample(floats, (i & SLOT_MASK) * 8, i));
  },
  view: (memory) => {
    const { view } = memory;
    return lapOf(memory, (i) => {
      const at = (i & SLOT_MASK) * SLOT_BYTES;
      for (let field = 0; field < 8; field++) view.setFloat64(at + field * 8, i + field, true);
    });
  },
  cursor: (memory) => {
    const { cursor, anchor, writer } = cursorOf(memory);
    const { write } = writer;
    return lapOf(memory, (i) => {
      anchor.base = (i & SLOT_MASK) * SLOT_BYTES;
      writer.number = i;
      write(cursor);
    });
  },
  look: (memory) => {
    const { cursor, anchor, writer } = cursorOf(memory);
    const { write } = writer;
    const { words } = memory;
    return lapOf(memory, (i) => {
      anchor.base = (i & SLOT_MASK) * SLOT_BYTES;
      writer.number = i;
      write(cursor);
      if (words[WORD.idle] !== 0) throw new Error("nobody waits");
    });
  },
  guard: (memory) => guarded(memory, () => {}),
  counted: (memory) => {
    const { figures, words } = memory;
    return guarded(memory, () => {
      figures[0] = (figures[0] as number) + RUN_RECORDS;
      figures[1] = (figures[1] as number) + RUN_RECORDS * SLOT_BYTES;
      if (Atomics.load(words, WORD.asleep) !== 0) throw new Error("nobody sleeps");
    });
  },
  each: (memory) => {
    const { floats, words } = memory;
    return lapOf(memory, (i) => {
      fillSample(floats, (i & SLOT_MASK) * 8, i);
      Atomics.store(words, WORD.tail, i + 1);
    });
  },
  eachLooked: (memory) => {
    const { floats, words } = memory;
    return lapOf(memory, (i) => {
      fillSample(floats, (i & SLOT_MASK) * 8, i);
      Atomics.store(words, WORD.tail, i + 1);
      if (Atomics.load(words, WORD.asleep) !== 0) throw new Error("nobody sleeps");
    });
  },
  object: (memory) => {
    const { floats } = memory;
    return lapOf(memory, (i) => {
      const at = (i & SLOT_MASK) * 8;
      const { a, b, c, d, e, f, g, h } = kept(sampleOf(i));
      floats[at] = a;
      floats[at + 1] = b;
      floats[at + 2] = c;
      floats[at + 3] = d;
      floats[at + 4] = e;
      floats[at + 5] = f;
      floats[at + 6] = g;
      floats[at + 7] = h;
    });
  },
  encode: (memory) => {
    const { view } = memory;
    return lapOf(memory, (i) =>
      Sample.encode(view, (i & SLOT_MASK) * SLOT_BYTES, kept(sampleOf(i))),
    );
  },
};

/** Has the compiler really make an object: it is reachable until the next one. */
const keep: { last: SampleFields } = { last: sampleOf(0) };
function kept(sample: SampleFields): SampleFields {
  keep.last = sample;
  return sample;
}

function cursorOf({ view }: LadderMemory) {
  const cursor = Sample.cursor(view, 0) as SampleFields;
  return { cursor, anchor: anchorOf(cursor), writer: new SampleWriter() };
}

/** Writes runs of slots next to each other; one cannot write while one writes, nor go on later. */
function guarded(memory: LadderMemory, onPublish: () => void): Lap {
  const { words } = memory;
  const { cursor, anchor, writer } = cursorOf(memory);
  const { write } = writer;
  const run = { end: RUN_RECORDS * SLOT_BYTES };
  let published = 0;
  const publish = (): void => {
    published = (published + RUN_RECORDS) | 0;
    Atomics.store(words, WORD.tail, published);
    onPublish();
    anchor.base = (published & SLOT_MASK) * SLOT_BYTES;
    run.end = anchor.base + RUN_RECORDS * SLOT_BYTES;
  };
  const claim = (): void => {
    const next = anchor.base;
    const { end } = run;
    if (end < 0) throw new Error("a record is being written");
    run.end = -1;
    const result = write(cursor) as unknown;
    if (result !== undefined) throw new Error("it goes on later");
    run.end = end;
    anchor.base = next + SLOT_BYTES;
    if (words[WORD.idle] !== 0 || anchor.base >= end) publish();
  };
  return () => {
    for (const to = writer.number + LAP_RECORDS; writer.number < to; writer.number++) claim();
  };
}

const channels: Readonly<Record<ChannelRung, (producer: Producer<typeof Sample>) => Lap>> = {
  batch: (producer) => {
    const writer = new SampleWriter();
    return () => {
      for (let done = 0; done < LAP_RECORDS; done += BATCH_RECORDS) {
        const to = writer.number + BATCH_RECORDS;
        producer.batch((batch) => {
          for (; writer.number < to; writer.number++) batch.claim(writer.write);
        });
      }
    };
  },
  claim: (producer) => {
    const writer = new SampleWriter();
    return () => {
      const to = writer.number + LAP_RECORDS;
      for (; writer.number < to; writer.number++) producer.claim(writer.write);
      producer.flush();
    };
  },
  send: (producer) => {
    let i = 0;
    return () => {
      for (const to = i + LAP_RECORDS; i < to; i++) producer.send(kept(sampleOf(i)));
      producer.flush();
    };
  },
};
