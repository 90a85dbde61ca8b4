/**
 * Wants the readings, on the other machine. It knows a channel, and nothing of other machines.
 *
 * @module
 */
import { Consumer } from "@isthmus/ipc";
import { endOfParent } from "../shared/processes.ts";
import { CAPACITY_BYTES, NAME, Reading } from "./readings.ts";
import { Tally } from "./tally.ts";

const end = endOfParent();
using tally = new Tally();
const options = { schema: Reading, capacityBytes: CAPACITY_BYTES };
using consumer = Consumer.createOrOpen(NAME, options);
try {
  for (;;) tally.add(await consumer.receiveAsync({ signal: end }));
} catch (error) {
  if (error !== end.reason) throw error;
}
