/**
 * The table of prices.
 *
 * @module
 */
import { f64, type Infer, struct, u53 } from "@isthmus/ipc";

export const TABLE = "example-prices";
export const INSTRUMENTS = 1000;

/** One instrument. */
export const Price = struct({ sequence: u53, bid: f64, ask: f64 });
export type Price = Infer<typeof Price>;

/** What an instrument costs after so many updates. */
export function setPrice(price: Price, sequence: number): void {
  price.sequence = sequence;
  price.bid = sequence * 0.5;
  price.ask = price.bid + 1;
}

/** Whether all of a price is of one update. */
export function isWhole({ sequence, bid, ask }: Price): boolean {
  // In the beginning all is zero.
  return (bid === sequence * 0.5 && ask === bid + 1) || (sequence === 0 && bid === 0 && ask === 0);
}

/** What a reader says in the end. */
export interface Reading {
  readonly reads: number;
  readonly readMs: number;
  /** Prices of which half was of one update and half of another: there must be none. */
  readonly torn: number;
}

/** What a writer says in the end. */
export interface Writing {
  readonly updates: number;
  readonly writeMs: number;
}
