/**
 * The schema of records that are anything JSON can hold.
 *
 * @module
 */
import { invalidType } from "@isthmus/core/internal";

/** The type of {@link json}. */
export interface JsonSchema {
  readonly kind: "json";
}

/**
 * The schema for a channel of anything `JSON.stringify` takes: `{ schema: json }`. Records have any size up to half
 * of the channel's capacity, and cost an encoding and a parsing each; a `struct` is many times faster.
 *
 * @example
 * ```ts
 * import { Consumer, json, Producer } from "@isthmus/ipc";
 *
 * using producer = Producer.createOrOpen("example-json", { schema: json });
 * using consumer = Consumer.createOrOpen("example-json", { schema: json });
 * producer.send({ any: ["thing", 1, null] });
 * console.log(consumer.receive()); // { any: [ "thing", 1, null ] }
 * ```
 */
export const json: JsonSchema = Object.freeze({ kind: "json" });

/**
 * A record as JSON.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for what JSON cannot hold: `undefined`, a function, a BigInt, a circle.
 */
export function textOfRecord(record: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(record);
  } catch (error) {
    // What a record's own toJSON() or getter throws is the caller's, with whatever code it has.
    if (!(error instanceof TypeError) || "code" in error) throw error;
    throw Object.assign(unholdable(record), { cause: error });
  }
  if (text === undefined) throw unholdable(record);
  return text;
}

function unholdable(record: unknown): TypeError {
  return invalidType("record", "a value that JSON can hold", record);
}
