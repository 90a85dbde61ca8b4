/**
 * The schema of records that are anything JSON can hold.
 *
 * @module
 */

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
