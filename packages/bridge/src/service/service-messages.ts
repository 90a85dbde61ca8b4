/**
 * What the two ends of a bridged service say to each other through the server.
 *
 * ```text
 * isthmus_service.NAME.who           request: who answers? The reply is a Card as JSON; without an answering end the server says so
 * isthmus_service.NAME.at.TERM       request: a record. The reply is a record, or an error, as its header says
 * isthmus_service.NAME.alive.TERM    request: nothing, answered by nothing; once that end has gone the server says so
 * isthmus_service.NAME.here          told by an end that begins to answer
 * isthmus_service.NAME.gone          told by an end that has ended; the term is the message
 * ```
 *
 * A term is the time from when an answering end has a responder until that ends, or its connection does: a new number each time. A
 * request is for one term, and no other ever gets it.
 *
 * @module
 */
import { RemoteError } from "@isthmus/ipc";
import { decodeError, encodeError } from "@isthmus/ipc/internal";
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { tokenOf } from "../stream/subjects.ts";

/** Header of a reply: what it is. */
const OUTCOME = "Isthmus-Outcome";

/** What becomes of a request: a record, what a handler has thrown, or nothing any more. */
export type Outcome = "value" | "error" | "died";

/** How an answering end presents itself. */
export interface Card {
  readonly term: string;
  /** The texts of both schemas. */
  readonly request: string;
  readonly response: string;
}

/** The subjects of a service. */
export interface ServiceSubjects {
  readonly who: string;
  readonly here: string;
  readonly gone: string;
  readonly at: (term: string) => string;
  readonly alive: (term: string) => string;
}

/** The subjects of a service's name: none that a stream of records could take for its own. */
export function subjectsOfService(name: string): ServiceSubjects {
  const root = `isthmus_service.${tokenOf(name)}`;
  return {
    who: `${root}.who`,
    here: `${root}.here`,
    gone: `${root}.gone`,
    at: (term) => `${root}.at.${term}`,
    alive: (term) => `${root}.alive.${term}`,
  };
}

/** Reads a card; undefined when it is none. */
export function readCard(bytes: Uint8Array): Card | undefined {
  try {
    const { term, request, response } = JSON.parse(new TextDecoder().decode(bytes));
    const isCard = [term, request, response].every((text) => typeof text === "string");
    return isCard && /^[0-9a-f]+$/.test(term) ? { term, request, response } : undefined;
  } catch {
    return undefined;
  }
}

/** The header of a reply. */
export function outcomeHeader(outcome: Outcome): MsgHdrs {
  const found = headers();
  found.set(OUTCOME, outcome);
  return found;
}

/** What a reply is; one that does not say so is none of ours, and nobody knows. */
export function outcomeOf(found: MsgHdrs | undefined): Outcome {
  const outcome = found?.get(OUTCOME) ?? "";
  return outcome === "value" || outcome === "error" ? outcome : "died";
}

/** An error of a handler, as its machine knows it, as the body of a reply. */
export function packError(error: unknown, limitBytes: number): Uint8Array {
  return encodeError(error instanceof RemoteError ? asThrown(error) : error, limitBytes);
}

/** The error in the body of a reply, as if the handler were here. */
export function unpackError(body: Uint8Array): Error {
  return asThrown(decodeError(new TextDecoder().decode(body)));
}

/** What was thrown where the handler is: throwing it again gives the same `RemoteError`. */
function asThrown({ message, code, remoteName, remoteStack }: RemoteError): Error {
  const thrown = Object.assign(new Error(message), { code });
  Object.defineProperty(thrown, "name", { value: remoteName });
  Object.defineProperty(thrown, "stack", { value: remoteStack });
  return thrown;
}
