/**
 * Requests whose replies may take for ever, until all are given up at once.
 *
 * The client library's own requests end by time alone, and each has a timer.
 *
 * @module
 */
import {
  createInbox,
  type Msg,
  type NatsConnection,
  type Subscription,
} from "@nats-io/transport-node";

/** The status of a reply of the server itself: nobody has subscribed to the subject. */
const NOBODY = 503;

/** What was asked of one far end. */
export class Replies implements Disposable {
  readonly #nats: NatsConnection;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #waiting = new Map<string, (reply: Msg | undefined) => void>();
  #next = 0;

  constructor(nats: NatsConnection) {
    this.#nats = nats;
    this.#inbox = createInbox();
    this.#subscription = nats.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#take(message);
      },
    });
  }

  /**
   * Asks.
   *
   * @param subject Who.
   * @param body What.
   * @returns The reply; undefined when nobody is there, or all are given up.
   */
  async ask(subject: string, body: Uint8Array): Promise<Msg | undefined> {
    const reply = `${this.#inbox}.${this.#next++}`;
    const { promise, resolve } = Promise.withResolvers<Msg | undefined>();
    this.#waiting.set(reply, resolve);
    this.#nats.publish(subject, body, { reply });
    return await promise;
  }

  /** Gives all up. */
  [Symbol.dispose](): void {
    this.#subscription.unsubscribe();
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }

  #take(message: Msg): void {
    const resolve = this.#waiting.get(message.subject);
    this.#waiting.delete(message.subject);
    const isNobody = message.headers?.code === NOBODY && message.data.length === 0;
    resolve?.(isNobody ? undefined : message);
  }
}
