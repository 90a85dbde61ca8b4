/**
 * The structured message of 64 bytes that the demonstration sends, whatever carries it.
 *
 * @module
 */
import { type FieldType, f64, type StructSchema, struct, u32 } from "@isthmus/ipc";

type Names =
  | "sequence"
  | "customer"
  | "price"
  | "quantity"
  | "discount"
  | "weight"
  | "total"
  | "due"
  | "checksum";

/** The message: an order, as any program might send it. */
export const Message: StructSchema<Readonly<Record<Names, FieldType<number>>>> = struct({
  sequence: u32,
  customer: u32,
  price: f64,
  quantity: f64,
  discount: f64,
  weight: f64,
  total: f64,
  due: f64,
  checksum: f64,
});

/** A message, as an object or in place. */
export type MessageFields = Record<Names, number>;

/**
 * Writes the message with a sequence number; all other fields follow from the number and grow with it.
 *
 * @param message Where to.
 * @param sequence The number of the message.
 */
export function fillMessage(message: MessageFields, sequence: number): void {
  message.sequence = sequence;
  message.customer = sequence * 2 + 1;
  message.price = sequence * 0.25;
  message.quantity = sequence + 1;
  message.discount = sequence * 0.75;
  message.weight = sequence * 1.5;
  message.total = sequence * 0.5 + 7;
  message.due = sequence * 2;
  message.checksum = checksumOf(message);
}

/** Counts messages and checks each. */
export class Tally {
  messages = 0;
  /** Messages whose number was not the next one. */
  lost = 0;
  /** Messages whose fields do not belong together. */
  corrupt = 0;

  /** Notes a message. */
  note(message: Readonly<MessageFields>): void {
    if (message.sequence !== this.messages) this.lost += 1;
    if (message.checksum !== checksumOf(message)) this.corrupt += 1;
    this.messages += 1;
  }
}

/**
 * Every field with a factor of its own. All are multiples of a quarter and far below 2^51, so that the sum is exact.
 * All grow with the number, so that the sum over a mixture of two messages lies between theirs and is neither.
 */
function checksumOf(message: Readonly<MessageFields>): number {
  const { sequence, customer, price, quantity, discount, weight, total, due } = message;
  const first = sequence * 3 + customer * 5 + price * 7 + quantity * 11;
  return first + discount * 13 + weight * 17 + total * 19 + due * 23;
}
