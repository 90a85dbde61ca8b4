/**
 * What publishers and subscribers of a topic do.
 *
 * @module
 */
import { Publisher, Subscriber } from "../../../src/index.ts";
import { demand, type Outcomes } from "./outcomes.ts";
import { type AnySchema, CAPACITY_BYTES, RECORDS, readAll } from "./records.ts";
import { role, type Species, WAIT, WAITING } from "./role.ts";

/** Topics of each kind of record, with a subscriber of each kind. */
export const TOPICS: readonly Species[] = RECORDS.map(([what, schema, record]) => {
  const options = { schema, capacityBytes: CAPACITY_BYTES, maxPublishers: 2 };
  const subscriber = (onSlow: "gate" | "lap") =>
    role(
      `subscriber (${onSlow})`,
      (verb, name) => Subscriber[verb](name, { ...options, from: "history", onSlow }),
      useSubscriber,
    );
  return {
    name: `topic of ${what}`,
    roles: [
      role(
        "publisher",
        (verb, name) => Publisher[verb](name, options),
        (publisher, outcomes) => usePublisher(publisher, record, outcomes),
      ),
      subscriber("gate"),
      subscriber("lap"),
    ],
  };
});

async function usePublisher(
  publisher: Publisher<AnySchema>,
  record: object,
  outcomes: Outcomes,
): Promise<void> {
  for (let i = 0; i < 5; i++) {
    outcomes.attempt("publisher trySend", () => publisher.trySend(record));
  }
  outcomes.attempt("publisher send", () => publisher.send(record, WAIT));
  await outcomes.attemptAsync("publisher sendAsync", () => publisher.sendAsync(record, WAITING));
  // A batch would wait for room for five seconds: lies can leave none for ever.
  if (outcomes.attempt("publisher trySend", () => publisher.trySend(record)) === true) {
    outcomes.attempt("publisher batch", () => publisher.batch((batch) => batch.send(record)));
  }
  outcomes.attempt("publisher flush", () => publisher.flush());
  outcomes.attempt("publisher metrics", () => publisher.metrics);
}

async function useSubscriber(subscriber: Subscriber<AnySchema>, outcomes: Outcomes): Promise<void> {
  outcomes.attempt("subscriber poll", () => subscriber.poll(readAll, { limit: 2 }));
  outcomes.attempt("subscriber tryReceive", () => readAll(subscriber.tryReceive()));
  outcomes.attempt("subscriber receive", () => readAll(subscriber.receive(WAIT)));
  await outcomes.attemptAsync("subscriber receiveAsync", async () =>
    readAll(await subscriber.receiveAsync(WAITING)),
  );
  outcomes.attempt("subscriber poll", () => {
    const count = subscriber.poll(readAll);
    demand(count <= (2 * CAPACITY_BYTES) / 8, `${count} records in one poll`);
  });
  outcomes.attempt("subscriber metrics", () => subscriber.metrics);
  outcomes.attempt("subscriber lost", () => demand(subscriber.lost >= 0, `${subscriber.lost}`));
}
