/**
 * The thread at the other end.
 *
 * @module
 */
import { sampleOf } from "../sample.ts";
import { produceRecords } from "./plain-ring.ts";

declare const self: Worker;

/** What the thread is told first. */
type Order =
  | { readonly role: "sendRecords"; readonly count: number }
  | { readonly role: "fillRing"; readonly count: number; readonly memory: Uint8Array }
  | { readonly role: "echo" };

self.onmessage = ({ data: order }: MessageEvent<Order>) => {
  if (order.role === "sendRecords") {
    for (let i = 0; i < order.count; i++) self.postMessage(sampleOf(i));
  } else if (order.role === "fillRing") {
    produceRecords(order.memory, order.count);
  } else {
    self.onmessage = ({ data }) => self.postMessage(data);
    self.postMessage("ready");
  }
};
