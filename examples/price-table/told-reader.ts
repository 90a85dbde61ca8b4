/**
 * A reader that is told prices and keeps them in a table of its own.
 *
 * @module
 */
import type { Price } from "./prices.ts";

const table = new Map<number, Price>();
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
process.on("message", (message: "confirm" | readonly [index: number, price: Price]) => {
  if (message === "confirm") process.send?.(table.size);
  else table.set(message[0], message[1]);
});
