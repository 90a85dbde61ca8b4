/**
 * The end of a bridged service on the machine that answers: requests of other machines go to the responder that is here.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { PeerDiedError, SystemError } from "@isthmus/core";
import { outOfRange } from "@isthmus/core/internal";
import type { ChannelSchema, RecordInput, Requester } from "@isthmus/ipc";
import { shapeOf } from "@isthmus/ipc/internal";
import type { Msg, Subscription } from "@nats-io/transport-node";
import type { ServerConnection } from "../connection.ts";
import { RecordBodies } from "../record-bodies.ts";
import type { ServiceCounts } from "./bridge-service.ts";
import {
  type Card,
  type Outcome,
  outcomeHeader,
  packError,
  subjectsOfService,
} from "./service-messages.ts";

/** Those that answer for one service share what is asked of all. */
const QUEUE = "isthmus";
/** Room for the header of a reply. */
const HEADER_BYTES = 256;

/** What the answering end works with. */
export interface AnsweringParts<Q extends ChannelSchema, S extends ChannelSchema> {
  readonly name: string;
  readonly requester: Requester<Q, S>;
  readonly request: Q;
  readonly response: S;
  readonly connection: ServerConnection;
  readonly counts: ServiceCounts;
}

/** Answers requests of other machines, one term after the other, until the signal ends it. */
export async function answerOthers<Q extends ChannelSchema, S extends ChannelSchema>(
  parts: AnsweringParts<Q, S>,
  signal: AbortSignal,
): Promise<void> {
  const { requester, connection, counts } = parts;
  while (!signal.aborted) {
    await requester.ready({ signal });
    const over = new AbortController();
    // A reply that is sent while the connection is away is lost: nobody may wait for it in this term.
    using _watching = connection.watch(() => over.abort());
    const either = AbortSignal.any([signal, over.signal]);
    if (!connection.isConnected) {
      await aborted(either);
      continue;
    }
    const term = new AnsweringTerm(parts);
    counts.terms++;
    counts.isServed = true;
    try {
      await term.begin();
      await requester.absent({ signal: either }).catch(() => {});
    } finally {
      counts.isServed = false;
      await term.end();
    }
  }
}

/** Resolves when a signal is aborted. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** One term. */
class AnsweringTerm<Q extends ChannelSchema, S extends ChannelSchema> {
  readonly #parts: AnsweringParts<Q, S>;
  readonly #term = randomBytes(8).toString("hex");
  readonly #requests: RecordBodies;
  readonly #responses: RecordBodies;
  #subscriptions: Subscription[] = [];

  constructor(parts: AnsweringParts<Q, S>) {
    this.#parts = parts;
    this.#requests = new RecordBodies(shapeOf(parts.request));
    this.#responses = new RecordBodies(shapeOf(parts.response));
  }

  async begin(): Promise<void> {
    const { name, request, response, connection } = this.#parts;
    const subjects = subjectsOfService(name);
    const { nats } = connection;
    const card: Card = {
      term: this.#term,
      request: shapeOf(request).text,
      response: shapeOf(response).text,
    };
    const answer = (act: (message: Msg) => void) => ({
      callback: (error: Error | null, message: Msg) => {
        if (error === null) act(message);
      },
    });
    this.#subscriptions = [
      nats.subscribe(
        subjects.at(this.#term),
        answer((message) => void this.#handle(message)),
      ),
      nats.subscribe(
        subjects.alive(this.#term),
        answer((message) => void message.respond()),
      ),
      nats.subscribe(subjects.who, {
        queue: QUEUE,
        ...answer((message) => void message.respond(JSON.stringify(card))),
      }),
    ];
    nats.publish(subjects.here);
    await nats.flush().catch(() => {});
  }

  /** Ends the term: nothing more is taken, and those who ask are told. */
  async end(): Promise<void> {
    const { name, connection } = this.#parts;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    if (!connection.isConnected) return;
    connection.nats.publish(subjectsOfService(name).gone, this.#term);
    await connection.nats.flush().catch(() => {});
  }

  async #handle(message: Msg): Promise<void> {
    const { requester, counts } = this.#parts;
    counts.requests++;
    counts.pending++;
    try {
      const record = this.#requests.decode(message.data) as RecordInput<Q>;
      const response = this.#responses.encode(await requester.request(record));
      this.#reply(message, "value", response);
    } catch (error) {
      this.#fail(message, error);
    } finally {
      counts.pending--;
    }
  }

  #fail(message: Msg, error: unknown): void {
    const { counts, connection } = this.#parts;
    const isRefused = error instanceof SystemError && error.code === "ECONNREFUSED";
    if (isRefused || error instanceof PeerDiedError) {
      counts.died++;
      this.#send(message, "died", new Uint8Array());
    } else {
      counts.errors++;
      this.#send(message, "error", packError(error, connection.maxPayload - HEADER_BYTES));
    }
  }

  #reply(message: Msg, outcome: Outcome, body: Uint8Array): void {
    const limit = this.#parts.connection.maxPayload - HEADER_BYTES;
    if (body.length > limit) {
      throw outOfRange("response", `<= ${limit} bytes (the server's max_payload)`, body.length);
    }
    this.#parts.counts.answers++;
    this.#send(message, outcome, body);
  }

  #send(message: Msg, outcome: Outcome, body: Uint8Array): void {
    if (this.#parts.connection.nats.isClosed()) return;
    message.respond(body, { headers: outcomeHeader(outcome) });
  }
}
