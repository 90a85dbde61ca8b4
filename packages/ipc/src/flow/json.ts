/**
 * The schema of records that are anything JSON can hold.
 *
 * @module
 */
import { invalidType } from "@isthmus/core/internal";

declare const VALUE: unique symbol;

/**
 * The schema for a channel of JSON.
 *
 * @typeParam T What its records are; not checked, as nothing is that `JSON.parse` gives.
 */
export interface JsonSchema<T = unknown> {
  readonly kind: "json";
  /** Only for the compiler. */
  readonly [VALUE]?: T;
}

/** The type of {@link json}. */
export interface AnyJson extends JsonSchema {
  /** The same schema, whose records have a type. */
  <T>(): JsonSchema<T>;
}

/**
 * The schema for a channel of anything `JSON.stringify` takes: `{ schema: json }`, or `{ schema: json<Order>() }` to have
 * records typed, which checks nothing when the program runs. Records have any size up to half of the channel's capacity,
 * and cost an encoding and a parsing each; a `struct` is many times faster.
 *
 * @example
 * ```ts
 * import { Consumer, json, Producer } from "@isthmus/ipc";
 *
 * using producer = Producer.createOrOpen("example-json", { schema: json });
 * using consumer = Consumer.createOrOpen("example-json", { schema: json<{ any: unknown[] }>() });
 * producer.send({ any: ["thing", 1, null] });
 * console.log(consumer.receive().any); // [ "thing", 1, null ]
 * ```
 */
export const json: AnyJson = Object.freeze(
  Object.assign(<T>(): JsonSchema<T> => json as JsonSchema<unknown> as JsonSchema<T>, {
    kind: "json" as const,
  }),
);

/**
 * A record as JSON.
 *
 * @param what What the record is, for the message: "record", "job".
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for what JSON cannot hold: `undefined`, a function, a BigInt, a circle.
 */
export function textOfRecord(record: unknown, what: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(record);
  } catch (error) {
    // What a record's own toJSON() or getter throws is the caller's, with whatever code it has.
    if (!(error instanceof TypeError) || "code" in error) throw error;
    throw Object.assign(unholdable(record, what), { cause: error });
  }
  if (text === undefined) throw unholdable(record, what);
  return text;
}

function unholdable(record: unknown, what: string): TypeError {
  return invalidType(what, "a value that JSON can hold", record);
}
