/**
 * Very many records over a bridge through a real server, while both of its ends and the server are killed and stopped, and the links
 * to it cut. Whoever leads the storm sends and receives, and knows what must come: each record once, and each sender's in order.
 *
 * @module
 */
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { Consumer, Producer } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import { NatsServer } from "@isthmus/programs/nats-server";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { startProcess } from "@isthmus/programs/start-process";
import { TcpLink } from "@isthmus/programs/tcp-link";
import type { Finding } from "../judges/findings.ts";
import { BridgeRecord, bridgeRecord, isWhole } from "./bridge-record.ts";

const VICTIM = programCommand(import.meta.dir, "bridge-victim.ts");
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
/** How long a server or a link is away. */
const AWAY_MS_MAX = 200;
/** What has not come by then never will. */
const STUCK_MS = 60_000;
/** The same where harm is done. */
const HARMED_MS = 5_000;
/** What a server has not written when it dies. */
const TORN_BYTES = 10;

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
export interface BridgeStormFigures {
  records: number;
  bridge_kills: number;
  server_kills: number;
  torn_ends: number;
  cuts: number;
  stops: number;
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
      const names = { here: `here-${round}`, there: `there-${round}`, spill };
      await using storm = await Round.begin({ ...options, records }, names, figures, random);
      findings.push(...(await storm.run()));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return { figures, findings };
}

type Process = ReturnType<typeof start>;

function start(args: readonly string[]) {
  return startProcess([...VICTIM, ...args], {
    env: { ...process.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** One end of the bridge, with a link of its own. */
class End {
  readonly link: TcpLink;
  readonly #args: readonly string[];
  process: Process;

  constructor(link: TcpLink, args: readonly string[]) {
    this.link = link;
    this.#args = [link.url, ...args];
    this.process = start(this.#args);
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.exited;
  }

  begin(): void {
    this.process = start(this.#args);
  }
}

/** What both ends are called, and the journal between one of them and the server. */
interface Names {
  readonly here: string;
  readonly there: string;
  readonly spill: string | undefined;
}

/** One server and one bridge. */
class Round implements AsyncDisposable {
  readonly #options: BridgeStormOptions;
  readonly #figures: BridgeStormFigures;
  readonly #random: SeededRandom;
  readonly #server: NatsServer;
  readonly #ends: readonly [End, End];
  readonly #names: Names;
  readonly #findings: Finding[] = [];
  readonly #next: number[] = Array.from({ length: SENDERS }, () => 0);
  readonly #broken = new AbortController();
  #received = 0;
  #blows = 0;

  private constructor(
    options: BridgeStormOptions,
    names: Names,
    figures: BridgeStormFigures,
    random: SeededRandom,
    server: NatsServer,
    links: readonly [TcpLink, TcpLink],
  ) {
    this.#options = options;
    this.#figures = figures;
    this.#random = random;
    this.#server = server;
    this.#names = names;
    const { here, there, spill } = names;
    this.#ends = [
      new End(links[0], ["out", here, ...(spill === undefined ? [] : [spill])]),
      new End(links[1], ["in", there]),
    ];
  }

  static async begin(
    options: BridgeStormOptions,
    names: Names,
    figures: BridgeStormFigures,
    random: SeededRandom,
  ): Promise<Round> {
    // A stream's end is on the disk when this says so, which is what a server that is torn has not come to.
    const server = await NatsServer.start();
    const links = [await TcpLink.to(server), await TcpLink.to(server)] as const;
    return new Round(options, names, figures, random, server, links);
  }

  async run(): Promise<Finding[]> {
    const options = { schema: BridgeRecord, capacityBytes: CAPACITY_BYTES } as const;
    using consumer = Consumer.createOrOpen(this.#names.there, options);
    const producers = Array.from({ length: SENDERS }, () =>
      Producer.createOrOpen(this.#names.here, options),
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
    for (let number = 0; number < this.#share(sender); number++) {
      await producer.sendAsync(bridgeRecord(sender, number), { signal });
    }
  }

  /** Takes all that comes, until it is all, or nothing has come for long. */
  async #receive(consumer: Consumer<typeof BridgeRecord>): Promise<void> {
    const { records, onProgress, harm } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, this.#broken.signal]);
    const timeoutMs = harm === undefined ? STUCK_MS : HARMED_MS;
    const take = (record: BridgeRecord): void => this.#take(record);
    while (this.#received < records && this.#findings.length === 0) {
      try {
        await consumer.pollAsync(take, { timeoutMs, signal });
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
    if (harm !== undefined) await this.#harm(harm);
    const blows = [
      () => this.#killEnd(),
      () => this.#killEnd(),
      () => this.#killServer(),
      () => this.#cut(),
      () => this.#stop(),
    ];
    let received = 0;
    let inVain = 0;
    while (!signal.aborted) {
      await Bun.sleep(this.#random.below(CALM_MS_MAX));
      // A machine that is busy starts a process slowly, and some must come to work.
      if (received !== this.#received) inVain = 0;
      else if (++inVain > IN_VAIN_MAX) await this.#progress(received, signal);
      received = this.#received;
      if (signal.aborted) break;
      await this.#random.pick(blows)();
      this.#blows++;
      for (const end of this.#ends) await this.#lookAfter(end);
    }
  }

  /** Waits until records have come behind so many. */
  async #progress(received: number, signal: AbortSignal): Promise<void> {
    while (this.#received === received && !signal.aborted) await Bun.sleep(5);
  }

  async #killEnd(): Promise<void> {
    const end = this.#random.pick(this.#ends);
    await end.kill();
    await Bun.sleep(this.#random.below(AWAY_MS_MAX));
    end.begin();
    this.#figures.bridge_kills++;
  }

  async #killServer(): Promise<void> {
    await this.#server.kill();
    this.#figures.server_kills++;
    // Only a journal can send again what a server has lost that had acknowledged it.
    if (this.#names.spill !== undefined && this.#random.oneIn(2)) this.#tear();
    await Bun.sleep(this.#random.below(AWAY_MS_MAX));
    await this.#server.restart();
  }

  /** Takes the last bytes of the stream, as a loss of power does. */
  #tear(): void {
    const store = this.#server.store;
    const blocks = readdirSync(store, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".blk") && name.includes("/msgs/"))
      .map((name) => join(store, name))
      .toSorted((a, b) => blockOf(a) - blockOf(b));
    const last = blocks.at(-1);
    if (last === undefined) return;
    const { size } = statSync(last);
    if (size <= TORN_BYTES) return;
    truncateSync(last, size - TORN_BYTES);
    this.#figures.torn_ends++;
  }

  async #cut(): Promise<void> {
    const { link } = this.#random.pick(this.#ends);
    // Without a word to anybody, or with an error at once.
    if (this.#random.oneIn(2)) link.freeze();
    else link.cut();
    await Bun.sleep(this.#random.below(AWAY_MS_MAX));
    link.heal();
    this.#figures.cuts++;
  }

  async #stop(): Promise<void> {
    const victim = this.#random.pick([...this.#ends.map((end) => end.process), this.#server]);
    const signal = (name: "SIGSTOP" | "SIGCONT"): void =>
      victim instanceof NatsServer ? victim.signal(name) : void victim.kill(name);
    signal("SIGSTOP");
    await Bun.sleep(this.#random.below(AWAY_MS_MAX));
    signal("SIGCONT");
    this.#figures.stops++;
  }

  /** An end that has ended by itself says why. */
  async #lookAfter(end: End): Promise<void> {
    if (end.process.exitCode === null) return;
    this.#report("stuck", 1, `an end has ended: ${await new Response(end.process.stderr).text()}`);
    end.begin();
  }

  async #harm(harm: "empty" | "forget"): Promise<void> {
    while (this.#received < this.#options.records / 4) await Bun.sleep(1);
    const [out, back] = this.#ends;
    await back.kill();
    if (harm === "forget") MemoryMappedFile.unlink(`${this.#names.there}.bridge-in`);
    else {
      // What has been acknowledged and not been received.
      await Bun.sleep(AWAY_MS_MAX);
      await out.kill();
    }
    await this.#server.kill();
    rmSync(this.#server.store, { recursive: true, force: true });
    await this.#server.restart();
    if (harm === "empty") out.begin();
    back.begin();
  }

  async #complaint(error: unknown): Promise<string> {
    const texts = this.#ends.map(({ process }) => `end ${process.pid}: ${process.exitCode}`);
    return [String(error), ...texts].join("; ");
  }

  #report(fault: Finding["fault"], count: number, detail: string): void {
    this.#findings.push({ fault, count, detail });
  }
}

function blockOf(path: string): number {
  return Number(/(\d+)\.blk$/u.exec(path)?.[1] ?? 0);
}
