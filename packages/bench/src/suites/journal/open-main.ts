/**
 * Somebody who opens a journal and has done nothing before, so that no code is compiled: `open-main.ts PATH` prints how long that
 * takes in nanoseconds, and the sequence of the last record.
 *
 * @module
 */
import { bytes } from "@isthmus/ipc";
import { Journal } from "@isthmus/store";

const [path = ""] = process.argv.slice(2);
const startedAt = Bun.nanoseconds();
const journal = Journal.open(path, { schema: bytes, sync: "none" });
const nanoseconds = Bun.nanoseconds() - startedAt;
process.stdout.write(JSON.stringify([nanoseconds, journal.metrics.lastSequence]));
journal.dispose();
