/**
 * Messages to the web sockets of all processes of a server.
 *
 * @module
 */
import { DisposedError, SystemError } from "@isthmus/core";
import {
  checkInteger,
  checkOptions,
  invalidType,
  type OptionNames,
  showAs,
} from "@isthmus/core/internal";
import { bytes, type Overrun, Publisher, Subscriber } from "@isthmus/ipc";
import { recordBytesMaxOf } from "@isthmus/ipc/internal";
import { decodeMessage, encodeMessage, type MessageData, messageBytesIn } from "./message.ts";

/**
 * What can send to those who have subscribed to a topic: a server of `Bun.serve`, or one of its web sockets. On other runtimes,
 * whose servers know no topics, an object of your own over the web sockets of this process.
 */
export interface Publishing {
  /**
   * Sends a message to those who have subscribed.
   *
   * @param topic To what.
   * @param data The message.
   * @param compress Whether to compress it.
   * @returns As of `Bun.serve`.
   */
  publish(topic: string, data: MessageData, compress?: boolean): number;
}

/** How processes broadcast together. All but `onLapped` matters only to whoever comes first. */
export interface BroadcastOptions {
  /**
   * Room for the messages of one process, in bytes; rounded up to a power of two. Default 1 MiB. A message may have
   * half of it, less what its topic takes; see `Broadcast.messageBytesMax`. Allocated when a process comes.
   */
  readonly capacityBytes?: number | undefined;
  /** How many processes there can be at a time, 1 to 256. Default 64. */
  readonly maxProcesses?: number | undefined;
  /** Told when this process was so slow that messages of another were overwritten before it had them. */
  readonly onLapped?: ((overrun: Overrun) => void) | undefined;
}

/** Figures of one process's broadcast. */
export interface BroadcastMetrics {
  /** Messages that this process sent to all. */
  readonly sent: number;
  /** Messages of other processes that this one gave to its server. */
  readonly received: number;
  /** Messages of other processes that this one was too slow for. */
  readonly lost: number;
}

const OPTIONS: OptionNames<BroadcastOptions> = {
  capacityBytes: true,
  maxProcesses: true,
  onLapped: true,
};
const DEFAULT_PROCESSES = 64;
const PROCESSES_MAX = 256;

/**
 * Joins the `publish` of several processes: those of one server on one port (`reusePort`), or of any servers. Each calls it
 * with the same name. See {@link Broadcast}.
 *
 * @param server What `Bun.serve` has returned; or an object of your own, which each message of this process and of others is
 *   given to once.
 * @param name Of the topic through which the processes reach each other.
 * @param options Room in bytes, how many processes, who is told of losses.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when the server has no method `publish`, as those of Node.js and Deno.
 * @throws {SystemError} `EAGAIN` when there are `maxProcesses` already.
 *
 * @example
 * ```ts
 * import { broadcast } from "@isthmus/store";
 *
 * const server = Bun.serve({
 *   port: 0,
 *   reusePort: true,
 *   fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("web sockets only")),
 *   websocket: {
 *     // What is longer cannot be sent to all, and `publish` would throw; see `messageBytesMax`, here 512 KiB less some bytes.
 *     maxPayloadLength: 256 * 1024,
 *     open: (socket) => void socket.subscribe("room"),
 *     message: (_, text) => void all.publish("room", text), // in every process
 *   },
 * });
 * using all = broadcast(server, "example-chat");
 * all.publish("room", "a server more");
 * await server.stop(true);
 * ```
 */
export function broadcast(server: Publishing, name: string, options?: BroadcastOptions): Broadcast {
  return new Broadcast(server, name, options);
}

/**
 * The broadcast of one process. Every web socket that has subscribed to a topic, in whichever process, gets each message
 * once; those of one process in the order in which it sent them.
 *
 * Nobody waits for a process that is slow, stopped or dead: it loses the oldest messages, and is told (`onLapped`). A process
 * gets what is sent after it has come.
 */
export class Broadcast implements Disposable {
  /** Resolves when it was disposed, also by what `bun --hot` has evaluated anew; rejects when no more messages come: `onLapped` threw, or the memory was cut short. */
  readonly closed: Promise<void>;
  readonly #server: Publishing;
  readonly #publisher: Publisher<typeof bytes>;
  readonly #subscriber: Subscriber<typeof bytes>;
  readonly #messageBytesMax: number;
  readonly #sender: bigint = crypto.getRandomValues(new BigUint64Array(1))[0] as bigint;
  #sent = 0;
  #received = 0;
  #isDisposed = false;

  static {
    showAs(Broadcast.prototype, (broadcast) => {
      const state = broadcast.#isDisposed ? "disposed" : "open";
      return ["Broadcast", { name: broadcast.name, state }];
    });
  }

  /** @internal See {@link broadcast}. */
  constructor(server: Publishing, name: string, options: BroadcastOptions | undefined) {
    checkPublishing("server", server);
    const checked = checkOptions("options", options, OPTIONS);
    const { maxProcesses = DEFAULT_PROCESSES, capacityBytes, onLapped } = checked;
    checkInteger("options.maxProcesses", maxProcesses, 1, PROCESSES_MAX);
    const places = { maxPublishers: maxProcesses, maxSubscribers: maxProcesses };
    const topic = { schema: bytes, capacityBytes, ...places };
    this.#server = server;
    // Nobody is waited for, whoever else may follow the topic.
    this.#publisher = inOwnWords(() => Publisher.createOrOpen(name, { ...topic, onFull: "fail" }));
    try {
      this.#subscriber = inOwnWords(() =>
        Subscriber.createOrOpen(name, { ...topic, onSlow: "lap", onLapped }),
      );
    } catch (error) {
      this.#publisher.dispose();
      throw error;
    }
    this.#messageBytesMax = messageBytesIn(recordBytesMaxOf(this.#publisher));
    this.closed = this.#follow();
  }

  /** The name. */
  get name(): string {
    return this.#publisher.name;
  }

  /** Whether the name still leads here; see `SharedStruct.isReachable`. One system call. */
  get isReachable(): boolean {
    return this.#publisher.isReachable;
  }

  /**
   * The longest message that can be sent, in bytes of UTF-8, together with its topic. A server that publishes what its web sockets
   * send needs a `maxPayloadLength` that is lower by the longest topic at least.
   */
  get messageBytesMax(): number {
    return this.#messageBytesMax;
  }

  /** What this process has sent, received and lost. */
  get metrics(): BroadcastMetrics {
    return { sent: this.#sent, received: this.#received, lost: this.#subscriber.lost };
  }

  /**
   * Sends to all who have subscribed to a topic, in all processes; the arguments are those of `server.publish`.
   *
   * @param topic To whom: whoever has subscribed to it, in any process.
   * @param data The message: text or bytes.
   * @param compress Whether to compress it.
   * @returns What `server.publish` returns: for this process how many bytes were sent, 0 for none, -1 for
   *   back-pressure.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when topic and message are longer than `messageBytesMax`, or the topic is
   *   empty: nobody gets it.
   */
  publish(topic: string, data: MessageData, compress = false): number {
    return this.publishFrom(this.#server, topic, data, compress);
  }

  /**
   * The same for all but one: `socket.publish`, in all processes.
   *
   * @param socket Who does not get it.
   * @param topic To whom: whoever has subscribed to it, in any process.
   * @param data The message: text or bytes.
   * @param compress Whether to compress it.
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when the web socket has no method `publish`: nobody gets it.
   */
  publishFrom(socket: Publishing, topic: string, data: MessageData, compress = false): number {
    checkPublishing("socket", socket);
    const limit = this.#messageBytesMax;
    this.#publisher.send(encodeMessage(this.#sender, topic, data, compress, limit));
    this.#sent++;
    return socket.publish(topic, data, compress);
  }

  /** Leaves the others. Call it when the server stops: waiting for messages keeps a program from ending. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#subscriber.dispose();
    this.#publisher.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #follow(): Promise<void> {
    const take = (record: Uint8Array): void => {
      const message = decodeMessage(record as Uint8Array<ArrayBuffer>, this.#sender);
      if (message === undefined) return;
      this.#received++;
      this.#server.publish(message.topic, message.data, message.compress);
    };
    try {
      while (!this.#isDisposed) await this.#subscriber.pollAsync(take);
    } catch (error) {
      if (this.#isDisposed) return;
      // What is opened anew after a reload disposes the end of the topic that is here: then all of it is over.
      if (!(error instanceof DisposedError && this.#isTakenOver)) throw error;
      this.dispose();
    }
  }

  get #isTakenOver(): boolean {
    try {
      void this.#subscriber.isReachable;
      return false;
    } catch (error) {
      return error instanceof DisposedError;
    }
  }
}

/** Has a refusal name the option by which there are places here. */
function inOwnWords<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof SystemError && error.code === "EAGAIN") {
      error.message = error.message.replaceAll(/max(?:Publishers|Subscribers)/g, "maxProcesses");
    }
    throw error;
  }
}

/** Before anybody is sent anything: servers and web sockets of Node.js and Deno have no such method. */
function checkPublishing(name: string, value: Publishing): void {
  if (typeof value?.publish === "function") return;
  const expected =
    "an object with a method publish(topic, data, compress), as what Bun.serve returns";
  throw invalidType(name, expected, value);
}
