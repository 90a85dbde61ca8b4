/**
 * What a topic that has a journal is made of, as one module.
 *
 * @module
 */
export { Gates, takePlace } from "../../../ipc/src/ring/broadcast-gates.ts";
export { FixedLappedReader } from "../../../ipc/src/ring/broadcast-lapped.ts";
export { FixedBroadcastPublisher } from "../../../ipc/src/ring/broadcast-ring.ts";
export { JournalWriter } from "../../src/journal/journal-writer.ts";
export { JoinedRecords } from "../../src/journal-topic/joined-records.ts";
