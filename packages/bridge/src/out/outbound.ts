/**
 * Sending records to the server: each once, and in order, whatever is killed or cut meanwhile.
 *
 * Here it is decided what is sent, and when: the window of messages under way is the bridge's own, because what the client library is
 * given while the connection is lost it throws away without a word.
 *
 * @module
 */
import { isTurnDue, takeTurn } from "@isthmus/core/internal";
import { subjectOf } from "../stream/subjects.ts";
import { Delivery } from "./delivery.ts";
import { LaneFlow } from "./lane-flow.ts";
import type { OutboundParts } from "./outbound-parts.ts";
import { payloadMax, tooLong } from "./refusals.ts";
import { Sleeper } from "./sleeper.ts";
import { StreamRoom } from "./stream-room.ts";

/** How often a lane is looked after that gives records up while the server is away. */
const AWAY_MS = 10;
/** How often it is told how much waits. */
const MEASURE_MS = 200;

/** Sends all lanes of a source. */
export class Outbound {
  readonly #parts: OutboundParts;
  readonly #flows: LaneFlow[] = [];
  readonly #room: StreamRoom;
  readonly #sleeper: Sleeper;
  readonly #delivery: Delivery;
  #isClosing = false;
  #failure: unknown;

  constructor(parts: OutboundParts) {
    this.#parts = parts;
    this.#room = new StreamRoom(parts.stream);
    const fail = (error: unknown): void => {
      this.#failure = error;
    };
    this.#sleeper = new Sleeper(parts.source, fail);
    const wake = (): void => this.#sleeper.wake();
    this.#delivery = new Delivery(parts, this.#room, {
      underWay: () => this.#underWay,
      wake,
      fail,
    });
  }

  /**
   * Sends until `close`.
   *
   * @throws {SystemError} `EBUSY` when another bridge has taken a lane over.
   * @throws {CorruptSegmentError} When the server has other records.
   */
  async run(): Promise<void> {
    const { connection, head } = this.#parts;
    using _ = connection.watch((isConnected) => {
      if (isConnected) head.counts.reconnects++;
      head.tell(isConnected ? "live" : "away");
      this.#lose();
    });
    head.tell(connection.isConnected ? "live" : "away");
    const timer = setInterval(() => this.#measure(), MEASURE_MS);
    try {
      await this.#sendAll();
    } finally {
      clearInterval(timer);
      this.#measure();
    }
  }

  /** Ends it when what is under way has been acknowledged, or at once while the server is away. */
  close(): void {
    this.#isClosing = true;
    this.#sleeper.wake();
  }

  async #sendAll(): Promise<void> {
    while (!this.#isDone) {
      if (this.#failure !== undefined) throw this.#failure;
      const isBusy = this.#advanceAll();
      if (this.#failure !== undefined) continue;
      if (!isBusy) await this.#sleep();
      else if (isTurnDue()) await takeTurn();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Tells how much waits to be sent. */
  #measure(): void {
    const { head } = this.#parts;
    const waiting = ({ source }: LaneFlow): number => Math.max(0, source.tail - source.released);
    head.counts.lag = this.#flows.reduce((sum, flow) => sum + waiting(flow), 0);
    head.counts.inFlight = this.#underWay;
  }

  get #isDone(): boolean {
    if (!this.#isClosing) return false;
    return this.#underWay === 0 || !this.#parts.connection.isConnected;
  }

  get #underWay(): number {
    return this.#flows.reduce((sum, { inFlight }) => sum + (inFlight === undefined ? 0 : 1), 0);
  }

  #advanceAll(): boolean {
    const { source, stream, connection } = this.#parts;
    const { lanes } = source;
    for (const lane of lanes.slice(this.#flows.length)) {
      this.#flows.push(new LaneFlow(lane, subjectOf(stream.name, lane)));
    }
    if (this.#isClosing) return false;
    let isBusy = false;
    for (const flow of this.#flows) {
      const isOn = connection.isConnected ? this.#advance(flow) : this.#holdOut(flow);
      isBusy = isOn || isBusy;
    }
    return isBusy;
  }

  /** Sends one message of a lane; false when there is nothing to be sent, or it must not be. */
  #advance(flow: LaneFlow): boolean {
    if (flow.inFlight !== undefined || flow.syncing === flow.generation) return false;
    if (performance.now() < flow.notBefore) return false;
    if (!flow.isSynced) {
      void this.#delivery.sync(flow);
      return false;
    }
    const { window, source, connection, stream } = this.#parts;
    const batchBytes = this.#room.limit(this.#parts.batchBytes);
    if (this.#underWay >= window || this.#room.isFull) return false;
    const bytesMax = payloadMax(connection.maxPayload);
    if (!this.#room.has(Math.min(batchBytes, flow.source.available()))) {
      void this.#waitForRoom(batchBytes);
      return false;
    }
    const batch = flow.source.take(Math.min(batchBytes, bytesMax));
    if (batch === undefined) return false;
    if (batch.payload.length > bytesMax) {
      this.#failure = tooLong(stream.name, batch, connection.maxPayload);
      this.#sleeper.wake();
      return false;
    }
    if (batch.count > 1) source.noteBusy();
    this.#delivery.send(flow, batch);
    return true;
  }

  /** While the server is away: gives up what is oldest where this was wanted, so that senders never wait. */
  #holdOut(flow: LaneFlow): boolean {
    const { isDropping, source, head } = this.#parts;
    const { capacity } = source;
    if (!isDropping || capacity === undefined) return false;
    const waiting = flow.source.tail - flow.source.released;
    const excess = waiting - capacity / 2;
    if (excess <= 0) return false;
    // No more than has to go.
    const batch = flow.source.take(Math.ceil((flow.source.available() * excess) / waiting));
    if (batch === undefined) return false;
    head.counts.drops += batch.count;
    flow.giveUp(batch);
    return true;
  }

  /** Waits for room in the stream. */
  async #waitForRoom(batchBytes: number): Promise<void> {
    const { head, connection } = this.#parts;
    const onFull = (reason: string): boolean => {
      if (head.state !== "full") head.counts.stalls++;
      head.tell("full", reason);
      return !this.#isClosing && connection.isConnected;
    };
    await this.#room.wait(batchBytes, () => this.#underWay * batchBytes, onFull);
    this.#sleeper.wake();
  }

  /** What is under way may have arrived, or not. */
  #lose(): void {
    this.#delivery.lose();
    for (const flow of this.#flows) {
      flow.isLost ||= flow.inFlight !== undefined;
      flow.doubt();
      // From here on it is taken again, or given up.
      flow.source.goTo(flow.source.released);
    }
    this.#sleeper.wake();
  }

  /** Sleeps until an answer comes, a record, or the time to try again. */
  async #sleep(): Promise<void> {
    const { isDropping, connection } = this.#parts;
    // What waits for an answer need not be told of records.
    const isBlocked = this.#flows.some((flow) => flow.source.available() > 0);
    const nowMs = performance.now();
    const delays = this.#flows.map(({ notBefore }) => notBefore - nowMs).filter((ms) => ms > 0);
    if (isDropping && !connection.isConnected) delays.push(AWAY_MS);
    const delayMs = delays.length === 0 ? undefined : Math.min(...delays) + 1;
    await this.#sleeper.sleep(!isBlocked && !this.#isClosing, delayMs);
  }
}
