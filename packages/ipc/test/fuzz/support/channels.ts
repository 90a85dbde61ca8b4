/**
 * What producers and consumers of a channel do.
 *
 * @module
 */
import { Consumer, Producer, RecordTail } from "../../../src/index.ts";
import { demand, type Outcomes } from "./outcomes.ts";
import { type AnySchema, CAPACITY_BYTES, RECORDS, readAll } from "./records.ts";
import { role, type Species, WAIT, WAITING } from "./role.ts";

const RECORD_COUNT = 5;

/** Channels of each kind of record, and one that measures how long its records take. */
export const CHANNELS: readonly Species[] = [...RECORDS, ...RECORDS.slice(0, 2)].map(
  ([what, schema, record], index) => {
    const latency = index >= RECORDS.length;
    const options = { schema, capacityBytes: CAPACITY_BYTES, maxProducers: 2, latency };
    return {
      name: `channel of ${what}${latency ? " with latency" : ""}`,
      roles: [
        role(
          "producer",
          (verb, name) => Producer[verb](name, options),
          (producer, outcomes) => useProducer(producer, record, outcomes),
        ),
        role("consumer", (verb, name) => Consumer[verb](name, options), useConsumer),
        // Looks on: whatever the verb, it opens what is there.
        role("tail", (_, name) => new RecordTail(name, { from: "held" }), useTail),
      ],
    };
  },
);

async function useProducer(
  producer: Producer<AnySchema>,
  record: object,
  outcomes: Outcomes,
): Promise<void> {
  for (let i = 0; i < RECORD_COUNT; i++) {
    outcomes.attempt("producer trySend", () => producer.trySend(record));
  }
  outcomes.attempt("producer send", () => producer.send(record, WAIT));
  await outcomes.attemptAsync("producer sendAsync", () => producer.sendAsync(record, WAITING));
  // A batch would wait for room for five seconds: lies can leave none for ever.
  if (outcomes.attempt("producer trySend", () => producer.trySend(record)) === true) {
    outcomes.attempt("producer batch", () => producer.batch((batch) => batch.send(record)));
  }
  outcomes.attempt("producer flush", () => producer.flush());
  outcomes.attempt("producer metrics", () => producer.metrics);
}

async function useConsumer(consumer: Consumer<AnySchema>, outcomes: Outcomes): Promise<void> {
  outcomes.attempt("consumer poll", () => consumer.poll(readAll, { limit: 2 }));
  outcomes.attempt("consumer tryReceive", () => readAll(consumer.tryReceive()));
  outcomes.attempt("consumer receive", () => readAll(consumer.receive(WAIT)));
  await outcomes.attemptAsync("consumer receiveAsync", async () =>
    readAll(await consumer.receiveAsync(WAITING)),
  );
  outcomes.attempt("consumer poll", () => {
    const count = consumer.poll(readAll);
    // Each lane's ring holds so many of the shortest records; nothing is handed out twice.
    demand(count <= (2 * CAPACITY_BYTES) / 8, `${count} records in one poll`);
  });
  outcomes.attempt("consumer metrics", () => consumer.metrics);
}

function useTail(tail: RecordTail, outcomes: Outcomes): void {
  outcomes.attempt("tail poll", () =>
    tail.poll(({ bytes, lengthBytes }) => {
      demand(bytes.length === lengthBytes && lengthBytes <= CAPACITY_BYTES, `${lengthBytes} bytes`);
    }),
  );
  outcomes.attempt("tail missed", () => demand(tail.missed >= 0, `${tail.missed} missed`));
  outcomes.attempt("tail isCurrent", () => tail.isCurrent);
}
