/**
 * What must be so when the disk refuses a sync, and the kernel takes what it had not written for written.
 *
 * @module
 */
import { expect } from "bun:test";
import { bytes } from "@isthmus/ipc";
import { codecOf, shapeOf } from "@isthmus/ipc/internal";
import { expectCode } from "@isthmus/testing/expect-code";
import { SEGMENT } from "../../../src/journal/journal-layout.ts";
import { RecordRun } from "../../../src/journal/record-run.ts";
import type { Parts } from "./power-cut-model.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

const BROKEN = "the disk is broken";

/**
 * Has a disk refuse a sync while four have the journal open.
 *
 * @throws {Error} What is wrong.
 */
export function refuseSync({ Appender, RecordFormat }: Parts): undefined {
  const disk = new SimulatedDisk();
  const format = new RecordFormat(new Uint8Array(16).fill(3));
  const open = (from = disk) => new Appender(from, format, SEGMENT.frames + 8192);
  const run = new RecordRun(codecOf(shapeOf(bytes)), 4000);
  run.add(new Uint8Array(1000).fill(7));
  const [one, two, idle] = [open(), open(), open()];
  one.append(run);
  one.sync();
  two.append(run);
  disk.isBroken = true;
  // All that it knows of is on the disk.
  one.sync();
  one.append(run);
  expect(() => one.sync()).toThrow(BROKEN);
  // Whoever opens it now mends nothing, whether it finds something to clear or not.
  const [file] = disk.files.values();
  file?.bytes.fill(1, file.bytes.length - 8);
  expect(() => open()).toThrow(BROKEN);
  expect(() => open()).toThrow(BROKEN);
  disk.isBroken = false;
  expect(() => one.append(run)).toThrow(BROKEN);
  expect(() => one.sync()).toThrow(BROKEN);
  expectCode(() => two.append(run), "SystemError", "EIO");
  expectCode(() => two.sync(), "SystemError", "EIO");
  const three = open();
  expect(three.append(run)).toBe(4);
  three.sync();
  expect(open(disk.afterPowerLoss(() => 0)).last).toBe(4);
  // They know of records that may be gone.
  for (const handle of [two, idle]) expectCode(() => handle.append(run), "SystemError", "EIO");
  expect(() => one.append(run)).toThrow(BROKEN);
  const [behind, ahead] = [open(), open()];
  expect(ahead.append(run)).toBe(5);
  ahead.roll();
  expect(ahead.append(run)).toBe(6);
  disk.isBroken = true;
  expect(() => ahead.sync()).toThrow(BROKEN);
  disk.isBroken = false;
  expectCode(() => behind.append(run), "SystemError", "EIO");
  // What has ended is mended, too, before the next segment has its name.
  const ending = open();
  expect(ending.append(run)).toBe(7);
  disk.isBroken = true;
  expect(() => ending.roll()).toThrow(BROKEN);
  disk.isBroken = false;
  expect(open().append(run)).toBe(8);
  const [left, ended] = [disk.afterPowerLoss(() => 0), disk.segments().at(-2) as number];
  const framesOf = ({ files }: SimulatedDisk) => files.get(ended)?.bytes.subarray(SEGMENT.frames);
  expect(framesOf(left)).toEqual(framesOf(disk));
  return undefined;
}
