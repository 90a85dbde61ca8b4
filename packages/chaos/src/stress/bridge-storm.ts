/**
 * Very many records over a bridge through a real server, while both of its ends and the server are killed and stopped, and the links
 * to it cut. Whoever leads the storm sends and receives, and knows what must come: each record once, and each sender's in order.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { Consumer, Producer } from "@isthmus/ipc";
import { NatsServer } from "@isthmus/programs/nats-server";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { TcpLink } from "@isthmus/programs/tcp-link";
import type { Finding } from "../judges/findings.ts";
import { AWAY_MS_MAX, BridgeEnd, BridgeStriker, type StormBlows } from "./bridge-blows.ts";
import { BridgeRecord, bridgeRecord, isWhole } from "./bridge-record.ts";

const SENDERS = 3;
/** Records of one round at most, which has a server of its own. */
const ROUND_RECORDS = 50_000;
/** There are so many at least: records are held in two ways. */
const ROUNDS_MIN = 2;
const CAPACITY_BYTES = 2 ** 16;
/** Between two blows, in milliseconds. */
const CALM_MS_MAX = 1000;
/** After so many blows without a record between them, one is waited for. */
const IN_VAIN_MAX = 2;
/** What has not come by then never will. */
const STUCK_MS = 60_000;

/** What a storm over a bridge is to do. */
export interface BridgeStormOptions {
  readonly seed: number;
  /** How many records are enough. */
  readonly records: number;
  readonly directory: string;
  /** What is done on purpose, to see that it is found: the stream emptied, or forgotten what was received. */
  readonly harm?: "empty" | "forget" | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (records: number, blows: number) => void;
}

/** What it has done. */
export interface BridgeStormFigures extends StormBlows {
  records: number;
}

/** Sends and strikes until enough records have come; returns what has happened, and what must not have. */
export async function bridgeStorm(options: BridgeStormOptions): Promise<{
  readonly figures: BridgeStormFigures;
  readonly findings: readonly Finding[];
}> {
  const figures: BridgeStormFigures = {
    records: 0,
    bridge_kills: 0,
    server_kills: 0,
    torn_ends: 0,
    cuts: 0,
    stops: 0,
  };
  const findings: Finding[] = [];
  const random = new SeededRandom(options.seed);
  for (let round = 0; figures.records < options.records && findings.length === 0; round++) {
    const left = options.records - figures.records;
    const most = Math.ceil(options.records / ROUNDS_MIN);
    const records = Math.min(ROUND_RECORDS, most, left);
    const directory = mkdtempSync(join(options.directory, "bridge-"));
    try {
      // By turns, records are held in shared memory and in a journal while the server is away.
      const isSpilling = options.harm === undefined ? round % 2 === 0 : options.harm === "forget";
      const spill = isSpilling ? join(directory, "spill") : undefined;
      const heres = [`here-${round}`, `beside-${round}`] as const;
      const names = { heres, there: `there-${round}`, spill };
      await using storm = await Round.begin({ ...options, records }, names, figures, random);
      findings.push(...(await storm.run()));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return { figures, findings };
}

/** What the ends are called, and where journals are between those that send and the server. */
interface Names {
  /** Two send to one stream: each lane must be right whatever comes between its messages. */
  readonly heres: readonly [string, string];
  readonly there: string;
  readonly spill: string | undefined;
}

/** One server, two bridges to it and one from it. */
class Round implements AsyncDisposable {
  readonly #options: BridgeStormOptions;
  readonly #figures: BridgeStormFigures;
  readonly #random: SeededRandom;
  readonly #server: NatsServer;
  readonly #outs: readonly BridgeEnd[];
  readonly #back: BridgeEnd;
  readonly #striker: BridgeStriker;
  readonly #names: Names;
  readonly #findings: Finding[] = [];
  readonly #next: number[] = Array.from({ length: SENDERS }, () => 0);
  readonly #broken = new AbortController();
  readonly #harmed = Promise.withResolvers<void>();
  #received = 0;
  #blows = 0;

  private constructor(
    options: BridgeStormOptions,
    names: Names,
    figures: BridgeStormFigures,
    random: SeededRandom,
    server: NatsServer,
    links: readonly [TcpLink, TcpLink, TcpLink],
  ) {
    this.#options = options;
    this.#figures = figures;
    this.#random = random;
    this.#server = server;
    this.#names = names;
    const { heres, there, spill } = names;
    const [first, second, third] = links;
    const spillOf = (here: string): string[] => (spill === undefined ? [] : [`${spill}-${here}`]);
    this.#outs = (
      [
        [first, heres[0]],
        [second, heres[1]],
      ] as const
    ).map(([link, here]) => new BridgeEnd(link, ["out", here, ...spillOf(here)]));
    this.#back = new BridgeEnd(third, ["in", there]);
    this.#striker = new BridgeStriker(server, this.#ends, figures, random, spill !== undefined);
  }

  static async begin(
    options: BridgeStormOptions,
    names: Names,
    figures: BridgeStormFigures,
    random: SeededRandom,
  ): Promise<Round> {
    // A stream's end is on the disk when this says so, which is what a server that is torn has not come to.
    const server = await NatsServer.start();
    const link = async (): Promise<TcpLink> => await TcpLink.to(server);
    const links = [await link(), await link(), await link()] as const;
    return new Round(options, names, figures, random, server, links);
  }

  async run(): Promise<Finding[]> {
    const options = { schema: BridgeRecord, capacityBytes: CAPACITY_BYTES } as const;
    using consumer = Consumer.createOrOpen(this.#names.there, options);
    const producers = Array.from({ length: SENDERS }, (_, sender) =>
      Producer.createOrOpen(this.#names.heres[sender % 2] as string, options),
    );
    const ending = new AbortController();
    try {
      const sending = producers.map((producer, sender) =>
        this.#send(producer, sender, ending.signal),
      );
      const striking = this.#strike(ending.signal).catch((error: unknown) => {
        this.#report("stuck", 1, `whoever strikes: ${String(error)}`);
        this.#broken.abort();
      });
      await this.#receive(consumer);
      ending.abort();
      this.#harmed.resolve();
      await Promise.allSettled([...sending, striking]);
      this.#options.signal.throwIfAborted();
    } finally {
      ending.abort();
      for (const producer of producers) producer.dispose();
    }
    return this.#findings;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end.kill();
    for (const { link } of this.#ends) await link[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  get #ends(): readonly BridgeEnd[] {
    return [...this.#outs, this.#back];
  }

  /** How many records a sender has to send. */
  #share(sender: number): number {
    const { records } = this.#options;
    return Math.floor(records / SENDERS) + (sender < records % SENDERS ? 1 : 0);
  }

  async #send(
    producer: Producer<typeof BridgeRecord>,
    sender: number,
    signal: AbortSignal,
  ): Promise<void> {
    const share = this.#share(sender);
    for (let number = 0; number < share; number++) {
      // What comes behind it shows the harm.
      const isHalf = number === share >>> 1;
      if (isHalf && this.#options.harm !== undefined) await this.#harmed.promise;
      await producer.sendAsync(bridgeRecord(sender, number), { signal });
    }
  }

  /** Takes all that comes, until it is all, or nothing has come for long. */
  async #receive(consumer: Consumer<typeof BridgeRecord>): Promise<void> {
    const { records, onProgress } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, this.#broken.signal]);
    const take = (record: BridgeRecord): void => this.#take(record);
    while (this.#received < records && this.#findings.length === 0) {
      try {
        await consumer.pollAsync(take, { timeoutMs: STUCK_MS, signal });
      } catch (error) {
        this.#options.signal.throwIfAborted();
        if (signal.aborted) break;
        const missing = records - this.#received;
        this.#report("stuck", missing, await this.#complaint(error));
      }
      onProgress(this.#figures.records, this.#blows);
    }
    // What comes twice comes behind the last one, if at all.
    await Bun.sleep(AWAY_MS_MAX);
    consumer.poll(take);
  }

  #take(record: BridgeRecord): void {
    const { sender, number } = record;
    this.#received++;
    this.#figures.records++;
    if (!isWhole(record) || sender >= SENDERS) {
      this.#report("torn", 1, `record ${number} of sender ${sender}`);
      return;
    }
    const next = this.#next[sender] as number;
    if (number !== next) {
      const fault = number < next ? "duplicated" : "lost";
      this.#report(
        fault,
        Math.abs(number - next),
        `${number} of sender ${sender} came for ${next}`,
      );
    }
    this.#next[sender] = number + 1;
  }

  async #strike(signal: AbortSignal): Promise<void> {
    const { harm } = this.#options;
    if (harm !== undefined) {
      await this.#harm(harm);
      return;
    }
    let received = 0;
    let inVain = 0;
    while (!signal.aborted) {
      await Bun.sleep(this.#random.below(CALM_MS_MAX));
      // A machine that is busy starts a process slowly, and some must come to work.
      if (received !== this.#received) inVain = 0;
      else if (++inVain > IN_VAIN_MAX) await this.#progress(received, signal);
      received = this.#received;
      if (signal.aborted) break;
      await this.#striker.strike();
      this.#blows++;
      for (const end of this.#ends) await this.#lookAfter(end);
    }
  }

  /** Waits until records have come behind so many. */
  async #progress(received: number, signal: AbortSignal): Promise<void> {
    while (this.#received === received && !signal.aborted) await Bun.sleep(5);
  }

  /** An end that has ended by itself says why. */
  async #lookAfter(end: BridgeEnd): Promise<void> {
    if (end.process.exitCode === null) return;
    this.#report("stuck", 1, `an end has ended: ${await new Response(end.process.stderr).text()}`);
    end.begin();
  }

  async #harm(harm: "empty" | "forget"): Promise<void> {
    while (this.#received < this.#options.records / 4) await Bun.sleep(1);
    const [outs, back] = [this.#outs, this.#back];
    await back.kill();
    if (harm === "forget") MemoryMappedFile.unlink(`${this.#names.there}.bridge-in`);
    else {
      // What has been acknowledged and not been received.
      await Bun.sleep(AWAY_MS_MAX);
      for (const out of outs) await out.kill();
    }
    await this.#server.kill();
    rmSync(this.#server.store, { recursive: true, force: true });
    await this.#server.restart();
    if (harm === "empty") for (const out of outs) out.begin();
    back.begin();
    this.#harmed.resolve();
  }

  async #complaint(error: unknown): Promise<string> {
    const texts = this.#ends.map(({ process }) => `end ${process.pid}: ${process.exitCode}`);
    return [String(error), ...texts].join("; ");
  }

  #report(fault: Finding["fault"], count: number, detail: string): void {
    this.#findings.push({ fault, count, detail });
  }
}
