/**
 * The program that sends into all channels of a crowd: how many there are, and how many records for each, are its
 * arguments.
 *
 * @module
 */
import { Producer } from "@isthmus/ipc";
import { CROWD_OPTIONS, crowdName } from "./crowd.ts";

const [channels = 0, records = 0] = process.argv.slice(2).map(Number);
using stack = new DisposableStack();
const producers = Array.from({ length: channels }, (_, channel) =>
  stack.use(Producer.openExisting(crowdName(channel), CROWD_OPTIONS)),
);
for (let number = 0; number < records; number++) {
  await Promise.all(producers.map((producer) => producer.sendAsync({ number })));
}
