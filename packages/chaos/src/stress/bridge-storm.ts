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
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { type Finding, Findings } from "../judges/findings.ts";
import { AWAY_MS_MAX, type BridgeTarget, type StormBlows, strike } from "./bridge-blows.ts";
import { BridgeRecord, bridgeRecord, isWhole } from "./bridge-record.ts";
import { type BridgeEnd, Bridges } from "./bridges.ts";

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

/** What it has done, and what was found until it ended or was interrupted. */
export interface BridgeStormResult {
  readonly figures: BridgeStormFigures;
  readonly findings: readonly Finding[];
}

/** Sends and strikes until enough records have come, or something was found. */
export async function bridgeStorm(options: BridgeStormOptions): Promise<BridgeStormResult> {
  const figures: BridgeStormFigures = {
    records: 0,
    bridge_kills: 0,
    server_kills: 0,
    torn_ends: 0,
    cuts: 0,
    stops: 0,
  };
  const findings = new Findings();
  const random = new SeededRandom(options.seed);
  const isOver = (): boolean =>
    figures.records >= options.records || findings.all.length > 0 || options.signal.aborted;
  for (let round = 0; !isOver(); round++) {
    const left = options.records - figures.records;
    const most = Math.ceil(options.records / ROUNDS_MIN);
    const records = Math.min(ROUND_RECORDS, most, left);
    const directory = mkdtempSync(join(options.directory, "bridge-"));
    try {
      // By turns, records are held in shared memory and in a journal while the server is away.
      const isSpilling = options.harm === undefined ? round % 2 === 0 : options.harm === "forget";
      const spill = isSpilling ? join(directory, "spill") : undefined;
      await using bridges = await Bridges.begin(round, spill);
      const { server, ends } = bridges;
      const target = { server, ends, figures, random, isKept: isSpilling };
      await new Round({ ...options, records }, bridges, target, findings).run();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return { figures, findings: findings.all };
}

/** What goes over the bridges of one server. */
class Round {
  readonly #options: BridgeStormOptions;
  readonly #bridges: Bridges;
  readonly #target: BridgeTarget;
  readonly #figures: BridgeStormFigures;
  readonly #findings: Findings;
  readonly #next: number[] = Array.from({ length: SENDERS }, () => 0);
  readonly #broken = new AbortController();
  readonly #deaf = Promise.withResolvers<void>();
  readonly #harmed = Promise.withResolvers<void>();
  #producers: readonly Producer<typeof BridgeRecord>[] = [];
  #halfway = 0;
  #received = 0;
  #blows = 0;

  constructor(
    options: BridgeStormOptions,
    bridges: Bridges,
    target: BridgeTarget & { readonly figures: BridgeStormFigures },
    findings: Findings,
  ) {
    this.#options = options;
    this.#bridges = bridges;
    this.#target = target;
    this.#figures = target.figures;
    this.#findings = findings;
  }

  async run(): Promise<void> {
    const options = { schema: BridgeRecord, capacityBytes: CAPACITY_BYTES } as const;
    const { heres, there } = this.#bridges;
    using consumer = Consumer.createOrOpen(there, options);
    this.#producers = Array.from({ length: SENDERS }, (_, sender) =>
      Producer.createOrOpen(heres[sender % 2] as string, options),
    );
    const ending = new AbortController();
    try {
      const sending = this.#producers.map((producer, sender) =>
        this.#send(producer, sender, ending.signal),
      );
      const striking = this.#strike(ending.signal).catch((error: unknown) => {
        this.#findings.report("stuck", `whoever strikes: ${String(error)}`);
        this.#broken.abort();
      });
      await this.#receive(consumer);
      ending.abort();
      this.#deaf.resolve();
      this.#harmed.resolve();
      await Promise.allSettled([...sending, striking]);
    } finally {
      ending.abort();
      for (const producer of this.#producers) producer.dispose();
    }
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
    const isHarmed = this.#options.harm !== undefined;
    for (let number = 0; number < share; number++) {
      // The second quarter is sent to nobody, and what comes behind it shows the harm.
      if (isHarmed && number === share >>> 2) await this.#deaf.promise;
      if (isHarmed && number === share >>> 1) {
        this.#halfway++;
        await this.#harmed.promise;
      }
      await producer.sendAsync(bridgeRecord(sender, number), { signal });
    }
  }

  /** Takes all that comes, until it is all, or nothing has come for long. */
  async #receive(consumer: Consumer<typeof BridgeRecord>): Promise<void> {
    const { records, onProgress } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, this.#broken.signal]);
    const take = (record: BridgeRecord): void => this.#take(record);
    while (this.#received < records && this.#findings.all.length === 0) {
      try {
        await consumer.pollAsync(take, { timeoutMs: STUCK_MS, signal });
      } catch (error) {
        if (signal.aborted) break;
        const ended = this.#bridges.ends.filter(({ process }) => process.hasEnded).length;
        const detail = `${String(error)}; ${ended} ends have ended`;
        this.#findings.report("stuck", detail, records - this.#received);
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
      this.#findings.report("torn", `record ${number} of sender ${sender}`);
      return;
    }
    const next = this.#next[sender] as number;
    if (number !== next) {
      const fault = number < next ? "duplicated" : "lost";
      const detail = `${number} of sender ${sender} came for ${next}`;
      this.#findings.report(fault, detail, Math.abs(number - next));
    }
    this.#next[sender] = number + 1;
  }

  async #strike(signal: AbortSignal): Promise<void> {
    const { harm } = this.#options;
    if (harm !== undefined) {
      await this.#harm(harm, signal);
      return;
    }
    let received = 0;
    let inVain = 0;
    while (!signal.aborted) {
      await Bun.sleep(this.#target.random.below(CALM_MS_MAX));
      // A machine that is busy starts a process slowly, and some must come to work.
      if (received !== this.#received) inVain = 0;
      else if (++inVain > IN_VAIN_MAX) await this.#progress(received, signal);
      received = this.#received;
      if (signal.aborted) break;
      await strike(this.#target);
      this.#blows++;
      for (const end of this.#bridges.ends) await this.#lookAfter(end);
    }
  }

  /** Waits until records have come behind so many. */
  async #progress(received: number, signal: AbortSignal): Promise<void> {
    while (this.#received === received && !signal.aborted) await Bun.sleep(5);
  }

  /** An end that has ended by itself says why. */
  async #lookAfter(end: BridgeEnd): Promise<void> {
    if (!end.process.hasEnded) return;
    this.#findings.report("stuck", `an end ${await end.process.complaint()}`);
    end.begin();
  }

  /** Whether the server has acknowledged the second quarter, which nobody has received: without a journal, lanes keep the rest. */
  get #isAcknowledged(): boolean {
    return this.#halfway === SENDERS && this.#producers.every(({ metrics }) => metrics.lag === 0);
  }

  async #harm(harm: "empty" | "forget", signal: AbortSignal): Promise<void> {
    while (this.#received < this.#options.records / 8 && !signal.aborted) await Bun.sleep(1);
    const { server, outs, back, there } = this.#bridges;
    await back.process.kill();
    this.#deaf.resolve();
    if (harm === "forget") MemoryMappedFile.unlink(`${there}.bridge-in`);
    else {
      while (!this.#isAcknowledged && !signal.aborted) await Bun.sleep(1);
      for (const out of outs) await out.process.kill();
    }
    await server.kill();
    rmSync(server.store, { recursive: true, force: true });
    await server.restart();
    if (harm === "empty") for (const out of outs) out.begin();
    back.begin();
    this.#harmed.resolve();
  }
}
