/**
 * Numbers in mapped memory, checked and unchecked.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { measureMicro, mustBe } from "./micro.ts";

const VALUES = 1024;

interface Reader {
  readInt32(position: number): number;
}

/** All accessors. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  readInt32: (context) =>
    withMemory((view) => measureReads(context, (position) => view.readInt32(position), view)),
  getInt32: (context) =>
    withMemory((view, bare) =>
      measureReads(context, (position) => bare.getInt32(position, true), view),
    ),
  writeFloat64: (context) =>
    withMemory((view, bare) =>
      measureWrites(context, bare, (position, value) => view.writeFloat64(position, value)),
    ),
  setFloat64: (context) =>
    withMemory((_view, bare) =>
      measureWrites(context, bare, (position, value) => bare.setFloat64(position, value, true)),
    ),
  bytes: (context) =>
    withMemory(async (view) => {
      let length = 0;
      return await measureMicro(context, {
        run: () => {
          length += view.bytes(0, 64).length;
        },
        verify: (calls) => mustBe(length, calls * 64),
      });
    }),
};

type View = ReturnType<MemoryMappedFile["createViewAccessor"]>;

async function withMemory(use: (view: View, bare: DataView) => Promise<Figure>): Promise<Figure> {
  using memory = MemoryMappedFile.createNew(null, VALUES * 8);
  using view = memory.createViewAccessor();
  const { buffer, byteOffset, byteLength } = view.bytes();
  return await use(view, new DataView(buffer, byteOffset, byteLength));
}

async function measureReads(
  context: CaseContext,
  read: (position: number) => number,
  view: Reader & { writeInt32(position: number, value: number): void },
): Promise<Figure> {
  for (let i = 0; i < VALUES; i++) view.writeInt32(i * 4, i);
  let sum = 0;
  return await measureMicro(context, {
    operations: VALUES,
    run: () => {
      let own = 0;
      for (let i = 0; i < VALUES; i++) own = (own + read(i * 4)) | 0;
      sum += own;
      return own;
    },
    verify: (calls) => mustBe(sum, (calls * VALUES * (VALUES - 1)) / 2),
  });
}

async function measureWrites(
  context: CaseContext,
  bare: DataView,
  write: (position: number, value: number) => void,
): Promise<Figure> {
  let value = 0;
  return await measureMicro(context, {
    operations: VALUES,
    run: () => {
      value++;
      for (let i = 0; i < VALUES; i++) write(i * 8, value + i);
    },
    verify: (calls) => {
      for (let i = 0; i < VALUES; i++) mustBe(bare.getFloat64(i * 8, true), calls + i);
    },
  });
}
