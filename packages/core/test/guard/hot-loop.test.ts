/**
 * Loops that JavaScriptCore has compiled and optimised: the check behind each access must stay in the loop,
 * or a truncated file is noticed only when the loop is over.
 */
import { describe, test } from "bun:test";
import { join } from "node:path";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Participant } from "../named/support/participant.ts";
import { ShrinkingFile } from "./support/truncated-file.ts";

// Generous: the processes of a test may have to share a busy machine.
const HOT_LOOP = join(import.meta.dir, "fixtures", "hot-loop");
const FILE_BYTES = 1 << 17;
/** How long the loop runs before its file is truncated: long enough for it to have begun. */
const HEAD_START_MS = 60;

const READS: readonly (readonly [string, number])[] = [
  ["readInt8", 1],
  ["readUint8", 1],
  ["readInt16", 2],
  ["readUint16", 2],
  ["readInt32", 4],
  ["readUint32", 4],
  ["readFloat32", 4],
  ["readFloat64", 8],
  ["readBigInt64", 8],
  ["readBigUint64", 8],
  ["readBoolean", 1],
  ["readChar", 2],
];
const WRITES: readonly (readonly [string, number])[] = [
  ["writeUint8", 1],
  ["writeInt32", 4],
  ["writeFloat64", 8],
];

async function expectStopped(method: string, step: number, isFixed: boolean): Promise<void> {
  using file = new ShrinkingFile(FILE_BYTES);
  const input = { path: file.path, method, step, isFixed };
  await using process = new Participant({ fixture: HOT_LOOP, input });
  await process.answer(); // warm
  await Bun.sleep(HEAD_START_MS);
  file.truncate(0);
  await expectRejection(process.answer(), "FileTruncatedError", "ERR_FILE_TRUNCATED");
}

describe("a hot loop over a file that is truncated throws within the loop with", () => {
  for (const [method, step] of [...READS, ...WRITES]) {
    test(method, () => expectStopped(method, step, false));
  }
  for (const [method, step] of READS.filter(([, step]) => step >= 4)) {
    test(`${method} of one place`, () => expectStopped(method, step, true));
  }
});
