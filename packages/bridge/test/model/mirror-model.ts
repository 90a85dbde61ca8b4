/**
 * Mirrors of several machines around one bucket, all of it simulated but the mirrors: every message takes as long as chance says, links
 * are cut, acknowledgements are lost, the server forgets the end of its stream or all of it, mirrors are killed and come again.
 */

import { SeededRandom } from "@isthmus/testing/seeded-random";
import type { BucketEntry, BucketReading, BucketState, BucketValue } from "../../src/kv/bucket.ts";
import {
  isSame,
  type LocalChange,
  type LocalSide,
  type LocalValue,
} from "../../src/kv/local-side.ts";
import type { Mirror } from "../../src/kv/mirror.ts";
import type { ConflictRule, MirroredBucket } from "../../src/kv/mirror-plan.ts";

/** The module under test, or one with a bug. */
export interface MirrorSource {
  readonly Mirror: typeof Mirror;
}

/** What is simulated. */
export interface MirrorRun {
  readonly seed: number;
  readonly machines: number;
  readonly keys: number;
  readonly steps: number;
  /** Whether each key is written on one machine only, so that there is no conflict, and the last value is known. */
  readonly isSole: boolean;
  /** What may go wrong. */
  readonly faults: readonly Fault[];
  readonly rule?: ConflictRule;
}

export type Fault = "cut" | "kill" | "tear" | "remake";

const FOR_EVER = { ttlMs: Infinity, staleMs: 0 };
/** Steps without any fault and change within which everything must have come to rest. */
const PATIENCE = 20_000;

/** Lets what can go on without anybody else go on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Messages under way: each goes on when chance says so. */
class Network {
  readonly #waiting: (() => void)[] = [];
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  async pass(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Lets one of them go on; false when there are none. */
  step(): boolean {
    const index = this.#random.below(Math.max(1, this.#waiting.length));
    const [go] = this.#waiting.splice(index, 1);
    go?.();
    return go !== undefined;
  }
}

/** The stream of a bucket, as the server has it. */
class Server {
  messages: BucketEntry[] = [];
  lastRevision = 0;
  created = 1;
  readonly readers = new Set<(entry: BucketEntry) => void>();

  last(key: string): BucketEntry | undefined {
    return this.messages.find((message) => message.key === key);
  }

  store(key: string, value: BucketValue | undefined, origin: string): number {
    const entry = { key, value, origin, revision: ++this.lastRevision };
    this.messages = [...this.messages.filter((message) => message.key !== key), entry];
    for (const take of this.readers) take(entry);
    return entry.revision;
  }

  /** Loses what was stored last; the numbers are given again. */
  tear(count: number): void {
    this.lastRevision = Math.max(0, this.lastRevision - count);
    this.messages = this.messages.filter(({ revision }) => revision <= this.lastRevision);
  }

  remake(): void {
    this.created++;
    this.messages = [];
    this.lastRevision = 0;
  }
}

/** A machine's way to the server. */
class Link implements MirroredBucket {
  readonly valueBytesMax = 1000;
  /** Aborted when it is cut. */
  session = new AbortController();
  readonly #server: Server;
  readonly #network: Network;

  constructor(server: Server, network: Network) {
    this.#server = server;
    this.#network = network;
  }

  async ensure(): Promise<void> {}

  async state(): Promise<BucketState> {
    await this.#pass();
    const { created, lastRevision } = this.#server;
    return { created: String(created), lastRevision };
  }

  async write(
    key: string,
    value: BucketValue | undefined,
    revision: number,
    origin: string,
  ): Promise<number | undefined> {
    await this.#pass();
    const isCurrent = (this.#server.last(key)?.revision ?? 0) === revision;
    const stored = isCurrent ? this.#server.store(key, value, origin) : undefined;
    await this.#pass();
    return stored;
  }

  async last(key: string): Promise<BucketEntry | undefined> {
    await this.#pass();
    const found = this.#server.last(key);
    await this.#pass();
    return found;
  }

  async read(): Promise<BucketReading> {
    await this.#pass();
    const { signal } = this.session;
    const queue = [...this.#server.messages];
    const pending = queue.length;
    let wake = (): void => {};
    const take = (entry: BucketEntry): void => {
      queue.push(entry);
      wake();
    };
    this.#server.readers.add(take);
    const stop = (): void => {
      this.#server.readers.delete(take);
      wake();
    };
    signal.addEventListener("abort", stop);
    const pass = () => this.#network.pass();
    async function* entries() {
      for (let count = 1; !signal.aborted; ) {
        const entry = queue.shift();
        if (entry !== undefined) {
          await pass();
          if (signal.aborted) return;
          yield { entry, isLastPending: count++ === pending };
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    }
    return { pending, entries: entries(), stop };
  }

  /** One way; what is under way when the link is cut is lost. */
  async #pass(): Promise<void> {
    const { signal } = this.session;
    signal.throwIfAborted();
    await this.#network.pass();
    signal.throwIfAborted();
  }
}

/** What is in the memory of a machine; it outlives its mirrors. */
class Memory {
  readonly origin: string = crypto.randomUUID();
  readonly values = new Map<string, LocalValue>();
  readonly log: string[] = [];
  remembered: { readonly state: BucketState; readonly position: number } | undefined;
  #stamps = 0;

  put(key: string, value: BucketValue | undefined): LocalValue | undefined {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, { ...value, stamp: String(++this.#stamps), isInitial: false });
    this.log.push(key);
    return this.values.get(key);
  }
}

/** The memory of a machine as one mirror has opened it. */
class Side implements LocalSide {
  readonly shape = {} as never;
  readonly origin: string;
  readonly #memory: Memory;
  readonly #network: Network;
  /** How much of the log has been handed out. */
  #position: number;

  constructor(memory: Memory, network: Network) {
    this.origin = memory.origin;
    this.#memory = memory;
    this.#network = network;
    this.#position = memory.log.length;
  }

  keys() {
    return this.#memory.values.keys();
  }

  read(key: string) {
    return this.#memory.values.get(key);
  }

  async replace(key: string, expected: LocalValue | undefined, value: BucketValue | undefined) {
    await this.#network.pass();
    if (this.read(key)?.stamp !== expected?.stamp) return "changed" as const;
    return this.#memory.put(key, value);
  }

  decode(bytes: Uint8Array) {
    return new TextDecoder().decode(bytes);
  }

  encode(value: unknown) {
    return new TextEncoder().encode(String(value));
  }

  recall() {
    const { remembered, log } = this.#memory;
    if (remembered === undefined) return undefined;
    const changed = [...new Set(log.slice(remembered.position))];
    this.#position = log.length;
    return { ...remembered.state, changed, common: undefined };
  }

  remember(state: BucketState) {
    this.#memory.remembered = { state, position: this.#position };
  }

  /** What has changed since the last call. */
  poll(): LocalChange {
    const changed = this.#memory.log.slice(this.#position);
    this.#position = this.#memory.log.length;
    return changed;
  }

  async *changes() {}

  dispose() {}
}

/** One machine: what is in its memory, and the mirror that runs now. */
class Machine {
  readonly memory = new Memory();
  readonly link: Link;
  ended: unknown;
  side: Side;
  mirror: Mirror;
  conflicts = 0;
  #reading: Promise<void> = Promise.resolve();
  readonly #source: MirrorSource;
  readonly #network: Network;
  readonly #rule: ConflictRule;

  constructor(source: MirrorSource, server: Server, network: Network, rule: ConflictRule) {
    this.#source = source;
    this.#network = network;
    this.#rule = rule;
    this.link = new Link(server, network);
    this.side = new Side(this.memory, network);
    this.mirror = this.#start();
    this.#connect();
  }

  /** Cuts the link; a new one is made at once. */
  cut(): void {
    this.link.session.abort(new Error("cut"));
    this.mirror.pause();
    this.link.session = new AbortController();
    this.#connect();
  }

  /** Kills the mirror; another one comes at once. */
  kill(): void {
    this.conflicts += this.mirror.counts.conflicts;
    this.link.session.abort(new Error("killed"));
    this.mirror.pause();
    this.link.session = new AbortController();
    this.side = new Side(this.memory, this.#network);
    this.mirror = this.#start();
    this.#connect();
  }

  #start(): Mirror {
    const plan = {
      side: this.side,
      bucket: this.link,
      isOut: true,
      isIn: true,
      rule: this.#rule,
      isMirrored: () => true,
      fenced: undefined,
    };
    const { Mirror } = this.#source;
    return new Mirror(plan, (error) => {
      this.ended = error;
    });
  }

  /** Reads once the reading before has ended. */
  #connect(): void {
    const { signal } = this.link.session;
    const { mirror } = this;
    this.#reading = this.#reading
      .then(() => mirror.read(signal, () => {}))
      .catch((error) => {
        if (!signal.aborted) this.ended = error;
      });
  }
}

/** Runs mirrors for a while, lets them come to rest, and says what is wrong then; undefined when nothing is. */
export async function runMirrors(
  source: MirrorSource,
  { seed, machines, keys, steps, isSole, faults, rule = "theirs" }: MirrorRun,
): Promise<string | undefined> {
  const random = new SeededRandom(seed);
  const network = new Network(random);
  const server = new Server();
  const all = Array.from({ length: machines }, () => new Machine(source, server, network, rule));
  const names = Array.from({ length: keys }, (_, index) => `key ${index}`);
  const wanted = new Map<string, string | undefined>();
  let written = 0;

  const change = (): void => {
    const index = random.below(keys);
    const key = names[index] as string;
    const machine = isSole ? (all[index % machines] as Machine) : random.pick(all);
    const text = random.oneIn(5) ? undefined : `${++written}`;
    const value =
      text === undefined ? undefined : { bytes: new TextEncoder().encode(text), ...FOR_EVER };
    machine.memory.put(key, value);
    wanted.set(key, text);
  };
  const fail = (fault: Fault): void => {
    if (fault === "cut") random.pick(all).cut();
    if (fault === "kill") random.pick(all).kill();
    if (fault === "tear") server.tear(1 + random.below(3));
    if (fault === "remake") server.remake();
    if (fault === "cut" || fault === "kill") return;
    for (const machine of all) machine.cut();
  };

  for (let step = 0; step < steps; step++) {
    if (random.oneIn(6)) change();
    if (faults.length > 0 && random.oneIn(40)) fail(random.pick(faults));
    for (const { mirror, side } of all) if (random.oneIn(3)) mirror.note(side.poll());
    network.step();
    await settle();
  }
  for (let quiet = 0, step = 0; quiet < 3; step++) {
    if (step > PATIENCE) return "it never comes to rest";
    for (const { mirror, side } of all) {
      mirror.note(side.poll());
      mirror.retry();
    }
    await settle();
    quiet = network.step() || all.some(({ mirror }) => mirror.waiting > 0) ? 0 : quiet + 1;
    await settle();
  }
  for (const machine of all) machine.link.session.abort();

  for (const machine of all)
    if (machine.ended !== undefined) return `a mirror ended: ${machine.ended}`;
  for (const key of names) {
    const value = server.last(key)?.value;
    for (const [index, { memory }] of all.entries()) {
      const here = memory.values.get(key);
      if (!isSame(here, value)) {
        return `${key} is ${text(here)} on machine ${index}, and ${text(value)} in the bucket`;
      }
    }
    if (isSole && text(value) !== (wanted.get(key) ?? "nothing")) {
      return `${key} is ${text(value)}, and was last set to ${wanted.get(key) ?? "nothing"}`;
    }
  }
  const conflicts = all.reduce(
    (sum, each) => sum + each.conflicts + each.mirror.counts.conflicts,
    0,
  );
  // A mirror that comes after another one may take for a change what that one had just put here.
  const mayConflict = !isSole || faults.some((fault) => fault !== "cut");
  return conflicts > 0 && !mayConflict
    ? `${conflicts} conflicts of keys with one writer`
    : undefined;
}

function text(value: BucketValue | undefined): string {
  return value === undefined ? "nothing" : new TextDecoder().decode(value.bytes);
}
