/**
 * Senders whose records say whose they are and which, and the plain arrays of what they have sent.
 *
 * @module
 */
import {
  bytes,
  json,
  type Producer,
  type Publisher,
  struct,
  u32,
  utf8,
} from "../../../src/index.ts";
import type { AnySchema } from "./records.ts";

/** Any sending end. */
export type Sender = Producer<AnySchema> | Publisher<AnySchema>;

const Numbered = struct({ life: u32, number: u32, text: utf8(8) });

/** A schema and how a record of it says whose it is and which. */
export interface Kind {
  readonly name: string;
  readonly schema: AnySchema;
  make(life: number, number: number): unknown;
}

/** Bytes of any length, all of which depend on whose record it is and which. */
function bytesOf(life: number, number: number): Uint8Array {
  const record = new Uint8Array(8 + ((life * 31 + number * 17) % 90)).fill(number);
  new Int32Array(record.buffer, 0, 2).set([life, number]);
  return record;
}

/** One kind for each way in which records are encoded. */
export const KINDS: readonly Kind[] = [
  {
    name: "structs",
    schema: Numbered as unknown as AnySchema,
    make: (life, number) => ({ life, number, text: `é${number % 1000}` }),
  },
  { name: "bytes", schema: bytes as unknown as AnySchema, make: bytesOf },
  { name: "json", schema: json, make: (life, number) => [life, number, "é".repeat(number % 20)] },
];

/** A record so that it can be compared, also after it was handed out in place. */
export function textOf(record: unknown): string {
  return JSON.stringify(record instanceof Uint8Array ? [...record] : record);
}

/** Whose record it is, and which. */
export function numberOf(record: unknown): readonly [life: number, number: number] {
  if (record instanceof Uint8Array) {
    const [life, number] = new Int32Array(record.slice(0, 8).buffer);
    return [life as number, number as number];
  }
  if (Array.isArray(record)) return [record[0], record[1]];
  const { life, number } = record as { readonly life: number; readonly number: number };
  return [life, number];
}

/** Everything that was sent, one array for each life of a sender: between them there is no order. */
export class Sent {
  readonly lives: string[][] = [];
  readonly #kind: Kind;
  readonly #open: (() => Sender)[];
  readonly #senders: { sender: Sender; life: number }[];

  /** @param open How each sender is opened; it must throw when there is no room. */
  constructor(kind: Kind, open: readonly (() => Sender)[]) {
    this.#kind = kind;
    this.#open = [...open];
    this.#senders = open.map((one) => ({ sender: one(), life: this.#newLife() }));
  }

  get count(): number {
    return this.lives.reduce((sum, { length }) => sum + length, 0);
  }

  /** Sends alone, one by one, until there is no room; returns how many. */
  trySend(index: number, count: number): number {
    const { sender } = this.#at(index);
    for (let i = 0; i < count; i++) {
      if (!sender.trySend(this.#next(index) as never)) return i;
      this.#note(index);
    }
    return count;
  }

  /** Sends together; stops where there is no room, and what was before that counts. */
  batch(index: number, count: number): void {
    try {
      this.#at(index).sender.batch((batch) => {
        for (let i = 0; i < count; i++) {
          batch.send(this.#next(index) as never);
          this.#note(index);
        }
      });
    } catch (error) {
      if ((error as { readonly code?: string }).code !== "EAGAIN") throw error;
    }
  }

  flush(): void {
    for (const { sender } of this.#senders) sender.flush();
  }

  /** Another one takes a sender's place. What was sent stays. */
  reopen(index: number): void {
    this.#at(index).sender.dispose();
    const open = this.#open[index] as () => Sender;
    this.#senders[index] = { sender: open(), life: this.#newLife() };
  }

  [Symbol.dispose](): void {
    for (const { sender } of this.#senders) sender.dispose();
  }

  #newLife(): number {
    return this.lives.push([]) - 1;
  }

  #at(index: number): { readonly sender: Sender; readonly life: number } {
    return this.#senders[index] as { sender: Sender; life: number };
  }

  #next(index: number): unknown {
    const { life } = this.#at(index);
    return this.#kind.make(life, this.lives[life]?.length ?? 0);
  }

  #note(index: number): void {
    this.lives[this.#at(index).life]?.push(textOf(this.#next(index)));
  }
}
