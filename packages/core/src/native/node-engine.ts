/**
 * The {@link Engine} of Node.js, over `node:ffi`.
 *
 * @module
 */
import { openSync } from "node:fs";
import type { CType, DescriptorReader, Engine, Library, Signatures } from "./engine.ts";
import { nodeLike, withNumbers } from "./node-like.ts";

/** As much of `node:ffi` as is used here. Pointers and 64-bit integers are BigInts there. */
interface NodeFfi {
  dlopen(
    path: string,
    /** What else a signature has, such as `args`, is ignored, and the function gets no parameters. */
    signatures: Readonly<Record<string, { arguments: readonly string[]; return: string }>>,
  ): { readonly functions: Readonly<Record<string, NodeFunction>> };
  /** `isCopied` is true unless it is given. */
  toArrayBuffer(address: bigint, lengthBytes: number, isCopied: boolean): ArrayBuffer;
  getRawPointer(array: ArrayBufferView): bigint;
  getInt32(address: bigint, byteOffset: number): number;
}

type NodeFunction = ((...parameters: unknown[]) => unknown) & { readonly pointer: bigint };

/** Makes the engine. Call it on Node.js only: what others do without is loaded here. */
export function nodeEngine(): Engine {
  const ffi = process.getBuiltinModule("node:ffi") as unknown as NodeFfi;
  return {
    ...nodeLike(),
    load: (path, signatures) => load(ffi, path, signatures),
    areCallsSlow: true,
    reopen: undefined,
    addressOf: (array) => Number(ffi.getRawPointer(array)),
    readInt32: (address, byteOffset) => ffi.getInt32(BigInt(address), byteOffset),
    borrowedBuffer: (address, lengthBytes) =>
      ffi.toArrayBuffer(BigInt(address), lengthBytes, false),
    readDescriptor,
  };
}

function load<Calls>(ffi: NodeFfi, path: string, signatures: Signatures): Library<Calls> {
  const wanted: Record<string, { arguments: readonly CType[]; return: CType }> = {};
  for (const [name, { args, returns }] of Object.entries(signatures)) {
    wanted[name] = { arguments: args, return: returns };
  }
  const { functions } = ffi.dlopen(path, wanted);
  const call: Record<string, unknown> = {};
  for (const [name, signature] of Object.entries(signatures)) {
    call[name] = withNumbers(functions[name] as NodeFunction, signature);
  }
  return {
    call: call as Calls,
    addressOf: (name) => Number((functions[name as string] as NodeFunction).pointer),
  };
}

/** Over a descriptor of its own, since a socket closes what it was given. */
function readDescriptor(fd: number): DescriptorReader {
  const { Socket } = process.getBuiltinModule("node:net");
  const socket = new Socket({ fd: openSync(`/proc/self/fd/${fd}`, "r"), writable: false });
  let isRung = false;
  let isDone = false;
  let wake: (() => void) | undefined;
  const note = (): void => {
    wake?.();
    wake = undefined;
  };
  socket.on("data", () => {
    isRung = true;
    note();
  });
  const end = (): void => {
    isDone = true;
    note();
  };
  socket.on("end", end).on("close", end).on("error", end);
  return {
    async read() {
      if (!isRung && !isDone) await new Promise<void>((resolve) => (wake = resolve));
      const done = !isRung;
      isRung = false;
      return { done };
    },
    cancel: async () => {
      socket.destroy();
    },
  };
}
