/**
 * Bridges that send, around one stream, all of it simulated but the sending: every message takes as long as chance says, links are cut,
 * what was on its way comes late or never, bridges are killed and come again, two of them run by mistake, and the server forgets the
 * end of its stream.
 */
import type { RelayBatch } from "@isthmus/ipc/internal";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { JetStreamApiError, type PubAck } from "@nats-io/jetstream";
import { NO_COUNTS } from "../../src/bridge-head.ts";
import type { OutLane, OutSource } from "../../src/out/out-source.ts";
import type { Outbound } from "../../src/out/outbound.ts";
import type { OutboundParts, SendingStream } from "../../src/out/outbound-parts.ts";
import { decodeFrame, type Frame, type LaneKey } from "../../src/stream/frame.ts";
import type { StoredFrame } from "../../src/stream/name-stream.ts";
import type { Reached } from "../../src/stream/positions.ts";

/** The module under test, or one with a bug. */
export interface OutboundSource {
  readonly Outbound: typeof Outbound;
}

export type Fault = "cut" | "kill" | "twin" | "tear" | "others";

/** What is simulated. */
export interface OutboundRun {
  readonly seed: number;
  readonly steps: number;
  /** What may go wrong. With `"tear"` and `"twin"`, what is sent stays after it was acknowledged, as in a journal and in a topic. */
  readonly faults: readonly Fault[];
}

const EPOCH = 7n;
const LANES = 3;
/** Fewer than lanes: each has one message under way. */
const WINDOW = 2;
const RECORD_BYTES = 4;
/** Steps without any fault within which everything must have been sent. */
const PATIENCE = 5000;
/** What the server says of a message that does not follow the last one of its subject. */
const WRONG_LAST_SEQUENCE = 10_071;

/** Lets what can go on without anybody else go on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A message as the stream has it. */
interface Stored {
  readonly subject: string;
  readonly frame: Frame;
  readonly sequence: number;
}

/** The stream, as the server has it. */
class Server {
  messages: Stored[] = [];
  lastSequence = 0;

  last(subject: string): Stored | undefined {
    return this.messages.findLast((message) => message.subject === subject);
  }

  /** @param expected The number that the subject's last message must have; undefined: any. */
  store(subject: string, frame: Frame, expected: number | undefined): number {
    const last = this.last(subject)?.sequence ?? 0;
    if (expected !== undefined && expected !== last) {
      const description = `wrong last sequence: ${last}`;
      throw new JetStreamApiError({ code: 400, err_code: WRONG_LAST_SEQUENCE, description });
    }
    this.messages.push({ subject, frame, sequence: ++this.lastSequence });
    return this.lastSequence;
  }

  /** Loses what was stored last; the numbers are given again. */
  tear(count: number): void {
    this.lastSequence = Math.max(0, this.lastSequence - count);
    this.messages = this.messages.filter(({ sequence }) => sequence <= this.lastSequence);
  }
}

/** A message of another machine, which sends to the same stream. */
const OTHERS: Frame = {
  epoch: EPOCH,
  lane: LANES,
  fingerprint: 1n,
  bridge: 0n,
  count: 0,
  from: 0,
  to: 0,
  lost: 0,
  payload: new Uint8Array(),
};

/** One connection: what is on its way there, and back, in order. */
class Connection {
  isConnected = true;
  readonly maxPayload = 2 ** 20;
  readonly #listeners = new Set<(isConnected: boolean) => void>();
  #there: (() => void)[] = [];
  #back: (() => void)[] = [];

  watch(listener: (isConnected: boolean) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Asks the server; the answer comes back if the connection lasts. */
  ask<T>(serve: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    // That of another connection is another one.
    const back = this.#back;
    this.#there.push(() => {
      try {
        const answer = serve();
        back.push(() => resolve(answer));
      } catch (error) {
        back.push(() => reject(error));
      }
    });
    return promise;
  }

  /** Lets something arrive, if anything is on its way. */
  step(random: SeededRandom): void {
    const ways = [this.#there, this.#back].filter(({ length }) => length > 0);
    if (ways.length > 0) random.pick(ways).shift()?.();
  }

  /** Breaks it; returns what was on its way to the server. */
  cut(): (() => void)[] {
    const late = this.#there;
    this.#there = [];
    this.#back = [];
    this.isConnected = false;
    for (const listener of this.#listeners) listener(false);
    return late;
  }

  heal(): void {
    this.isConnected = true;
    for (const listener of this.#listeners) listener(true);
  }
}

/** One lane of the memory of a machine; it outlives its bridges. */
interface Ring {
  readonly lane: number;
  tail: number;
  /** What is before it is gone. */
  released: number;
}

/** What outlives the bridges of a machine. */
class Memory {
  readonly rings: Ring[] = Array.from({ length: LANES }, (_, lane) => ({
    lane,
    tail: 0,
    released: 0,
  }));
  readonly positions = new Map<number, Reached>();
  readonly isKept: boolean;
  readonly #server: Server;
  readonly waiting = new Set<() => void>();
  wrong: string | undefined;

  constructor(server: Server, isKept: boolean) {
    this.#server = server;
    this.isKept = isKept;
  }

  append(lane: number, count: number): void {
    (this.rings[lane] as Ring).tail += count;
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  /** Gives back what was sent, which must have arrived. */
  release(ring: Ring, to: number): void {
    const arrived = this.#server.messages.findLast(({ frame }) => frame.lane === ring.lane);
    if (to > (arrived?.frame.to ?? 0) && to > ring.released) {
      this.wrong ??= `lane ${ring.lane} was released up to ${to} before that had arrived`;
    }
    ring.released = Math.max(ring.released, to);
  }
}

/** A lane as one bridge has opened it. */
class Lane implements OutLane {
  readonly epoch = EPOCH;
  readonly lane: number;
  next: number;
  released: number;
  readonly #memory: Memory;
  readonly #ring: Ring;

  constructor(memory: Memory, ring: Ring) {
    this.#memory = memory;
    this.#ring = ring;
    this.lane = ring.lane;
    this.next = ring.released;
    this.released = ring.released;
  }

  get tail(): number {
    return this.#ring.tail;
  }

  get positionMax(): number {
    return this.#ring.tail;
  }

  available(): number {
    return (this.tail - this.next) * RECORD_BYTES;
  }

  take(bytesMax: number): RelayBatch | undefined {
    const from = this.next;
    const count = Math.min(this.tail - from, Math.max(1, Math.floor(bytesMax / RECORD_BYTES)));
    if (count <= 0) return undefined;
    const records = Uint32Array.from({ length: count }, (_, index) => from + index);
    this.next = from + count;
    return { from, to: this.next, count, lost: 0, payload: new Uint8Array(records.buffer) };
  }

  release(to: number): void {
    this.released = Math.max(this.released, to);
    this.#memory.release(this.#ring, to);
  }

  goTo(position: number): number {
    this.next = this.#memory.isKept ? position : Math.max(position, this.#ring.released);
    this.released = Math.min(this.released, this.next);
    return this.next;
  }
}

/** One process that sends. */
class Process {
  readonly connection = new Connection();
  readonly ended: Promise<unknown>;
  /** Why it has ended by itself. */
  failure: unknown;
  isDead = false;
  wrong: string | undefined;
  #underWay = 0;
  #isRefused = false;
  readonly #outbound: Outbound;

  constructor(source: OutboundSource, memory: Memory, server: Server, bridge: bigint) {
    const { connection } = this;
    const lanes = memory.rings.map((ring) => new Lane(memory, ring));
    const out: OutSource = {
      fingerprint: 1n,
      isSized: true,
      lanes,
      capacity: undefined,
      noteBusy: () => {},
      wait: () => {
        if (lanes.some((lane) => lane.available() > 0)) return Promise.resolve();
        return new Promise((resolve) => memory.waiting.add(resolve));
      },
      [Symbol.dispose]: () => {},
    };
    const parts: OutboundParts = {
      connection,
      source: out,
      stream: this.#stream(server),
      ensure: async () => ({
        kind: "channel",
        fingerprint: "",
        schema: undefined,
        holdBytes: undefined,
      }),
      positions: {
        get: ({ lane }) => memory.positions.get(lane),
        set: ({ lane }, reached) => void memory.positions.set(lane, reached),
      },
      bridge,
      batchBytes: 3 * RECORD_BYTES,
      window: WINDOW,
      isDropping: false,
      head: { counts: { ...NO_COUNTS }, state: "live", tell: () => {} },
      onGap: ({ lane, from, to }) => {
        this.wrong ??= `a gap from ${from} to ${to} of lane ${lane} was told`;
      },
    };
    this.#outbound = new source.Outbound(parts);
    this.ended = this.#outbound.run().catch((error: unknown) => {
      this.failure = error;
    });
  }

  /** Ends it, at once; returns what was on its way to the server. */
  kill(): (() => void)[] {
    this.isDead = true;
    const late = this.connection.cut();
    this.#outbound.close();
    return late;
  }

  /** Cuts its connection; a new one is made at once. */
  cut(): (() => void)[] {
    const late = this.connection.cut();
    this.#underWay = 0;
    this.connection.heal();
    return late;
  }

  #stream(server: Server): SendingStream {
    const { connection } = this;
    const lastOf = ({ lane }: LaneKey): StoredFrame | undefined => {
      const found = server.messages.findLast(({ frame }) => frame.lane === lane);
      return found && { ...found.frame, sequence: found.sequence, time: 0 };
    };
    const publish: SendingStream["client"]["publish"] = async (subject, data, options) => {
      // Of what was refused, those behind it have been given up, and are still to be refused.
      if (++this.#underWay > WINDOW && !this.#isRefused) {
        this.wrong ??= `${this.#underWay} messages are under way`;
      }
      const frame = decodeFrame(data as Uint8Array);
      try {
        const seq = await connection.ask(() =>
          server.store(subject, frame, options?.expect?.lastSubjectSequence),
        );
        return { seq, duplicate: false } as PubAck;
      } catch (error) {
        this.#isRefused = true;
        throw error;
      } finally {
        this.#underWay--;
      }
    };
    return {
      name: "model",
      stream: "MODEL",
      client: { publish },
      lastOf: (key) => connection.ask(() => lastOf(key)),
      info: () =>
        connection.ask(() => {
          const first_seq = server.messages[0]?.sequence ?? server.lastSequence + 1;
          const state = { first_seq, last_seq: server.lastSequence, bytes: 0 };
          return { state } as never;
        }),
    };
  }
}

/** Lets bridges send for a while, and then all that is left; says what is wrong then, undefined when nothing is. */
export async function runOutbound(
  source: OutboundSource,
  { seed, steps, faults }: OutboundRun,
): Promise<string | undefined> {
  const random = new SeededRandom(seed);
  const server = new Server();
  const memory = new Memory(server, faults.includes("tear") || faults.includes("twin"));
  const all: Process[] = [];
  let late: (() => void)[] = [];
  let fenced = 0;

  const begin = (): void => {
    all.push(new Process(source, memory, server, BigInt(all.length + 1)));
  };
  const living = (): Process[] => all.filter(({ isDead }) => !isDead);
  const fail = (fault: Fault): void => {
    if (fault === "others") server.store("others", OTHERS, undefined);
    const victim = random.pick(living());
    if (fault === "cut") late.push(...victim.cut());
    if (fault === "kill") late.push(...victim.kill());
    if (fault === "tear") {
      // With the server its connections die.
      server.tear(1 + random.below(3));
      for (const process of living()) process.cut();
      late = [];
    }
    const isAlone = living().length < 2;
    if ((fault === "twin" && isAlone) || living().length === 0) begin();
  };
  const step = async (): Promise<void> => {
    random.pick(living()).connection.step(random);
    await settle();
    for (const process of living()) {
      if ((process.failure as { code?: unknown } | undefined)?.code !== "EBUSY") continue;
      fenced++;
      process.kill();
    }
    if (living().length === 0) begin();
  };
  const wrong = (): string | undefined => {
    const ended = all.find(({ failure, isDead }) => failure !== undefined && !isDead);
    if (ended !== undefined) return `a bridge ended: ${String(ended.failure)}`;
    return memory.wrong ?? all.find((process) => process.wrong !== undefined)?.wrong;
  };
  const isAll = (): boolean =>
    memory.rings.every(({ lane, tail }) => {
      const found = server.messages.findLast(({ frame }) => frame.lane === lane);
      return (found?.frame.to ?? 0) >= tail;
    });

  try {
    begin();
    for (let at = 0; at < steps; at++) {
      if (random.oneIn(4)) memory.append(random.below(LANES), 1 + random.below(5));
      if (faults.length > 0 && random.oneIn(30)) fail(random.pick(faults));
      // What comes late comes at any time.
      if (late.length > 0 && random.oneIn(3)) late.shift()?.();
      await step();
      const found = wrong();
      if (found !== undefined) return found;
    }
    for (let at = 0; !isAll() || living().length > 1; at++) {
      if (at > PATIENCE) return "it never comes to rest";
      if (living().length > 1) memory.append(random.below(LANES), 1);
      await step();
      const found = wrong();
      if (found !== undefined) return found;
    }
    const isTwin = faults.includes("twin");
    if (fenced > 0 && !isTwin) return `${fenced} bridges were fenced, and there was one at a time`;
    return wrong() ?? wrongInStream(server.messages);
  } finally {
    for (const process of living()) process.kill();
    for (const wake of memory.waiting) wake();
    await Promise.all(all.map(({ ended }) => ended));
  }
}

/** What is wrong with what has arrived: each record must be there once, and each lane's in order. */
function wrongInStream(messages: readonly Stored[]): string | undefined {
  const reached = new Map<number, number>();
  for (const { frame } of messages) {
    const expected = reached.get(frame.lane) ?? 0;
    if (frame.from !== expected) return `lane ${frame.lane}: ${frame.from} came for ${expected}`;
    reached.set(frame.lane, frame.to);
  }
  return undefined;
}
