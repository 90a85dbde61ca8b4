/**
 * Opening and closing.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { Consumer, NamedMutex, Producer } from "@isthmus/ipc";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { Sample } from "../sample.ts";
import { measureMicro, mustBe } from "./micro.ts";

const FILE_BYTES = 8192;
const FILL = 7;

/** Everything that can be opened. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  file: (context) =>
    onFile(context, (path) => {
      using file = MemoryMappedFile.createFromFile(path);
      using view = file.createViewAccessor();
      return view.readUint8(100);
    }),
  bunMmap: (context) => onFile(context, (path) => Bun.mmap(path)[100] as number),
  readSync: (context) => {
    const byte = new Uint8Array(1);
    return onFile(context, (path) => {
      const fd = openSync(path, "r");
      readSync(fd, byte, 0, 1, 100);
      closeSync(fd);
      return byte[0] as number;
    });
  },
  memory: (context) =>
    repeated(context, () => {
      using memory = MemoryMappedFile.createNew("bench-memory", FILE_BYTES);
      using view = memory.createViewAccessor();
      view.writeUint8(100, FILL);
      return view.readUint8(100);
    }),
  mutex: (context) =>
    repeated(context, () => {
      using mutex = NamedMutex.createNew("bench-open-mutex");
      return mutex.createdNew ? FILL : 0;
    }),
  channel: (context) =>
    repeated(context, () => {
      const options = { schema: Sample, capacityBytes: 1 << 16 };
      using consumer = Consumer.createNew("bench-open-channel", options);
      using producer = Producer.openExisting("bench-open-channel", { schema: Sample });
      producer.claim((record) => {
        record.a = FILL;
      });
      let found = 0;
      consumer.poll(({ a }) => {
        found = a;
      });
      return found;
    }),
};

function onFile(context: CaseContext, open: (path: string) => number): Promise<Figure> {
  const path = join(context.directory, "open-close.bin");
  writeFileSync(path, new Uint8Array(FILE_BYTES).fill(FILL));
  return repeated(context, () => open(path));
}

async function repeated(context: CaseContext, once: () => number): Promise<Figure> {
  let sum = 0;
  return await measureMicro(context, {
    run: () => {
      sum += once();
    },
    verify: (calls) => mustBe(sum, calls * FILL),
  });
}
