/**
 * The end of a bridged service on the machine that asks: what is asked here goes to the machine that answers.
 *
 * It takes the place of the responder here while there is one elsewhere, and leaves it as soon as that one ends: so requesters see the
 * life of the far responder as they would see that of a near one.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { outOfRange } from "@isthmus/core/internal";
import { type ChannelSchema, type RecordInput, Responder, type ServiceOptions } from "@isthmus/ipc";
import { differenceOf, shapeOf } from "@isthmus/ipc/internal";
import { type Msg, RequestError } from "@nats-io/transport-node";
import type { ServerConnection } from "../connection.ts";
import { RecordBodies } from "../record-bodies.ts";
import type { ServiceCounts } from "./bridge-service.ts";
import { Replies } from "./replies.ts";
import {
  type Card,
  outcomeOf,
  readCard,
  type ServiceSubjects,
  subjectsOfService,
  unpackError,
} from "./service-messages.ts";

/** How often the server is asked whether the far end is there, in milliseconds. */
const LOOK_MS = 1000;
/** How long the answer to "who?" may take, in milliseconds. */
const WHO_MS = 2000;

/** What the asking end works with. */
export interface AskingParts<Q extends ChannelSchema, S extends ChannelSchema> {
  readonly name: string;
  /** What it is called here. */
  readonly here: string;
  readonly options: ServiceOptions<Q, S>;
  readonly connection: ServerConnection;
  readonly counts: ServiceCounts;
}

/** Takes what is asked here to whoever answers elsewhere, one term after the other, until the signal ends it. */
export async function askOthers<Q extends ChannelSchema, S extends ChannelSchema>(
  parts: AskingParts<Q, S>,
  signal: AbortSignal,
): Promise<void> {
  const { name, here, options, connection, counts } = parts;
  const subjects = subjectsOfService(name);
  while (!signal.aborted) {
    const card = await findAnswering(connection, subjects, signal);
    if (card === undefined) continue;
    checkCard(name, card, options);
    // Whoever answers here already goes first; it may take long until that ends.
    using responder = await Responder.openAsync(here, { ...options, signal });
    const term = new AskingTerm<Q, S>(parts, subjects, card.term, responder);
    counts.terms++;
    await term.run(signal);
  }
}

/** One term: requests for one far responder. */
class AskingTerm<Q extends ChannelSchema, S extends ChannelSchema> {
  readonly #parts: AskingParts<Q, S>;
  readonly #subjects: ServiceSubjects;
  readonly #term: string;
  readonly #responder: Responder<Q, S>;
  readonly #replies: Replies;
  readonly #requests: RecordBodies;
  readonly #responses: RecordBodies;

  constructor(
    parts: AskingParts<Q, S>,
    subjects: ServiceSubjects,
    term: string,
    responder: Responder<Q, S>,
  ) {
    this.#parts = parts;
    this.#subjects = subjects;
    this.#term = term;
    this.#responder = responder;
    this.#replies = new Replies(parts.connection.nats);
    this.#requests = new RecordBodies(shapeOf(parts.options.request));
    this.#responses = new RecordBodies(shapeOf(parts.options.response));
  }

  /** Answers until the far responder has ended, or the connection, or the signal says so. */
  async run(signal: AbortSignal): Promise<void> {
    const { connection, counts } = this.#parts;
    const { nats } = connection;
    const end = (): void => this.#end();
    // What was asked before it was lost may have been handled, and its answer not come: nobody can know.
    using _watching = connection.watch(end);
    const gone = nats.subscribe(this.#subjects.gone, {
      callback: (_, message) => {
        if (message.string() === this.#term) end();
      },
    });
    const looking = setInterval(() => void this.#look(), LOOK_MS);
    signal.addEventListener("abort", end);
    counts.isServed = true;
    try {
      if (signal.aborted || !connection.isConnected) end();
      await this.#look();
      if (!this.#isOver) await this.#responder.serve((record) => this.#ask(record));
    } finally {
      end();
      counts.isServed = false;
      signal.removeEventListener("abort", end);
      clearInterval(looking);
      gone.unsubscribe();
    }
  }

  #isOver = false;

  /** Leaves the responder's place: all that is not answered rejects with `PeerDiedError`. */
  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.counts.died += this.#parts.counts.pending;
    this.#responder.dispose();
    this.#replies[Symbol.dispose]();
  }

  /** Asks the server whether the far end is there; that it does not answer at once means nothing. */
  async #look(): Promise<void> {
    try {
      const subject = this.#subjects.alive(this.#term);
      await this.#parts.connection.nats.request(subject, undefined, { timeout: LOOK_MS });
    } catch (error) {
      if (isNobodyThere(error)) this.#end();
    }
  }

  async #ask(record: unknown): Promise<RecordInput<S>> {
    const { connection, counts } = this.#parts;
    counts.requests++;
    const body = this.#requests.encode(record);
    if (body.length > connection.maxPayload) {
      counts.errors++;
      const limit = `<= ${connection.maxPayload} bytes (the server's max_payload)`;
      throw outOfRange("request", limit, body.length);
    }
    counts.pending++;
    let reply: Msg | undefined;
    try {
      reply = await this.#replies.ask(this.#subjects.at(this.#term), body);
    } finally {
      counts.pending--;
    }
    return this.#readReply(reply);
  }

  #readReply(reply: Msg | undefined): RecordInput<S> {
    const { counts } = this.#parts;
    const outcome = outcomeOf(reply?.headers);
    if (reply === undefined || outcome === "died") {
      this.#end();
      // The responder is disposed: nobody gets this one.
      throw new Error("The far responder has ended");
    }
    if (outcome === "error") {
      counts.errors++;
      throw unpackError(reply.data);
    }
    counts.answers++;
    return this.#responses.decode(reply.data) as RecordInput<S>;
  }
}

/** Finds who answers elsewhere; waits until somebody says that it does, or for a while. */
async function findAnswering(
  { nats, isConnected }: ServerConnection,
  { who, here }: ServiceSubjects,
  signal: AbortSignal,
): Promise<Card | undefined> {
  const woken = Promise.withResolvers<void>();
  const told = nats.subscribe(here, { callback: () => woken.resolve() });
  const timer = setTimeout(woken.resolve, LOOK_MS);
  const wake = (): void => woken.resolve();
  signal.addEventListener("abort", wake);
  try {
    const reply = isConnected
      ? await nats.request(who, undefined, { timeout: WHO_MS }).catch(() => undefined)
      : undefined;
    const card = reply && readCard(reply.data);
    if (card === undefined) await woken.promise;
    return card;
  } finally {
    signal.removeEventListener("abort", wake);
    clearTimeout(timer);
    told.unsubscribe();
  }
}

/** Refuses an end that answers for other schemas. */
function checkCard(
  name: string,
  card: Card,
  { request, response }: ServiceOptions<ChannelSchema, ChannelSchema>,
): void {
  for (const [side, schema] of Object.entries({ request, response })) {
    const { text } = shapeOf(schema);
    const found = card[side as "request" | "response"];
    if (found === text) continue;
    const difference = differenceOf(found, text) ?? "it must be the same";
    throw new CorruptSegmentError(
      `Cannot bridge the service "${name}": whoever answers has another schema: of the ${side}, ${difference}`,
    );
  }
}

function isNobodyThere(error: unknown): boolean {
  return error instanceof RequestError && error.isNoResponders();
}
