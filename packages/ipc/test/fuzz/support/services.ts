/**
 * What requesters and responders of a service do.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { Requester, Responder } from "../../../src/index.ts";
import type { Outcomes } from "./outcomes.ts";
import { type AnySchema, CAPACITY_BYTES, RECORDS, readAll } from "./records.ts";
import { role, type Species, WAIT, WAITING } from "./role.ts";

/** Services of each kind of record. */
export const SERVICES: readonly Species[] = RECORDS.map(([what, schema, record]) => {
  const options = {
    request: schema,
    response: schema,
    capacityBytes: CAPACITY_BYTES,
    maxRequesters: 2,
  };
  return {
    name: `service of ${what}`,
    roles: [
      role("responder", (verb, name) => Responder[verb](name, options), useResponder),
      role(
        "requester",
        (verb, name) => Requester[verb](name, options),
        (requester, outcomes) => useRequester(requester, record, outcomes),
      ),
    ],
  };
});

async function useRequester(
  requester: Requester<AnySchema, AnySchema>,
  record: object,
  outcomes: Outcomes,
): Promise<void> {
  outcomes.attempt("requester requestSync", () => readAll(requester.requestSync(record, WAIT)));
  await outcomes.attemptAsync("requester request", async () =>
    readAll(await requester.request(record, WAITING)),
  );
  outcomes.attempt("requester metrics", () => requester.metrics);
}

async function useResponder(
  responder: Responder<AnySchema, AnySchema>,
  outcomes: Outcomes,
): Promise<void> {
  // What a handler throws is the answer: findings must not get lost in it.
  const findings: unknown[] = [];
  const echo = (request: unknown): unknown => {
    try {
      readAll(request);
    } catch (error) {
      if (!(error instanceof CorruptSegmentError)) findings.push(error);
      throw error;
    }
    return request;
  };
  outcomes.attempt("responder poll", () => responder.poll(echo as never, { limit: 3 }));
  await outcomes.attemptAsync("responder serve", () =>
    responder.serve(echo as never, { signal: AbortSignal.timeout(1) }),
  );
  outcomes.attempt("responder poll", () => responder.poll(echo as never));
  outcomes.attempt("responder metrics", () => responder.metrics);
  if (findings.length > 0) throw findings[0];
}
