/**
 * Opening and closing, again and again.
 *
 * @module
 */
import { Consumer, f64, NamedMutex, Producer, type StructSchema, struct } from "@isthmus/ipc";
import type { Finding } from "../judges/findings.ts";
import { findLeaks, type Resources, takeStock } from "../resources.ts";

const NAME = "churn";
const NUMBERED: StructSchema<{ number: typeof f64 }> = struct({ number: f64 });
const OPTIONS = { schema: NUMBERED, capacityBytes: 4096 } as const;
/** Cycles before the first measurement, in which code is compiled and pools are filled. */
const WARM_UP_CYCLES = 1000;
/** After so many cycles the event loop gets its turn. */
const CYCLES_PER_TURN = 256;

/** Opens, uses and closes one thing of a kind; throws when the use goes wrong. */
const CYCLES = {
  /** Both ends of a channel, with a record from one to the other. */
  channel(number: number): void {
    using producer = Producer.createOrOpen(NAME, OPTIONS);
    using consumer = Consumer.createOrOpen(NAME, OPTIONS);
    producer.send({ number });
    const { number: received } = consumer.receive();
    if (received !== number) throw new Error(`sent ${number}, received ${received}`);
  },
  /** A mutex, held once. */
  mutex(): void {
    using mutex = NamedMutex.createOrOpen(NAME);
    using lock = mutex.acquire();
    if (lock.abandoned) throw new Error("nobody has died who held the mutex");
  },
} as const;

/** What can be opened and closed. */
export type ChurnKind = keyof typeof CYCLES;
/** All of them. */
export const CHURN_KINDS: readonly ChurnKind[] = ["channel", "mutex"];

/** What is to be opened and closed. */
export interface ChurnOptions {
  readonly kind: ChurnKind;
  readonly cycles: number;
  /** The directory of named memory. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** What the process held, and what was wrong. */
export interface ChurnResult {
  readonly before: Resources;
  readonly after: Resources;
  readonly findings: readonly Finding[];
}

/** Opens and closes, and looks at what is held before and after. */
export async function churn(options: ChurnOptions): Promise<ChurnResult> {
  const { kind, cycles, directory } = options;
  await repeat(options, Math.min(WARM_UP_CYCLES, cycles));
  const before = takeStock(directory);
  await repeat(options, cycles);
  const after = takeStock(directory);
  return { before, after, findings: findLeaks(`${cycles} cycles of a ${kind}`, before, after) };
}

async function repeat({ kind, signal, onProgress }: ChurnOptions, cycles: number): Promise<void> {
  const cycle = CYCLES[kind];
  for (let done = 0; done < cycles; done++) {
    cycle(done);
    if (done % CYCLES_PER_TURN !== 0) continue;
    signal.throwIfAborted();
    onProgress(done);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
