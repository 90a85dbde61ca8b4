/**
 * What one service asks the other: the price of an order.
 *
 * @module
 */
import { f64, type Infer, struct, u32 } from "@isthmus/ipc";

/** What is asked. */
export const Order = struct({ article: u32, quantity: u32, discount: f64 });
export type Order = Infer<typeof Order>;

/** What is answered. */
export const Quote = struct({ article: u32, net: f64, tax: f64, total: f64 });
export type Quote = Infer<typeof Quote>;

/** The name and schemas of the service. */
export const SERVICE = "example-quotes";
export const SCHEMAS = { request: Order, response: Quote } as const;

const TAX = 0.19;

/** What an order costs: the same whoever asks, and by whatever way. */
export function quote({ article, quantity, discount }: Order): Quote {
  const net = (1 + (article % 100)) * quantity * (1 - discount);
  return { article, net, tax: net * TAX, total: net * (1 + TAX) };
}
