/**
 * The {@link Engine} of Deno, over `Deno.dlopen`. Nothing is called `nonblocking`: the call would be another thread's, and
 * what it locks, too.
 *
 * @module
 */
import { constants, openSync, readFileSync } from "node:fs";
import type { CType, DescriptorReader, Engine, Library, Signatures } from "./engine.ts";
import { nodeLike, withNumbers } from "./node-like.ts";

/** As much of Deno as is used here. */
interface Deno {
  readonly dlopen: (
    path: string,
    signatures: Readonly<Record<string, { parameters: readonly string[]; result: string }>>,
  ) => { readonly symbols: Readonly<Record<string, (...parameters: unknown[]) => unknown>> };
  readonly UnsafePointer: {
    create(address: bigint): object | null;
    of(array: ArrayBufferView): object | null;
    value(pointer: object | null): bigint;
  };
  readonly UnsafePointerView: new (
    pointer: object | null,
  ) => {
    getArrayBuffer(lengthBytes: number): ArrayBuffer;
    getInt32(byteOffset: number): number;
  };
  readonly openSync: (path: string) => { readonly readable: ReadableStream<Uint8Array> };
}

/** Addresses are 64-bit integers, and those BigInts: numbers, which Deno takes as well, take it 20 times as long (measured). */
const TYPES: Readonly<Record<CType, string>> = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  u64: "u64",
  pointer: "u64",
  string: "buffer",
  void: "void",
};

/** What of a descriptor's flags says whether it is read or written. */
const ACCESS_FLAGS = constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR;

/** Makes the engine. Call it on Deno only: what others do without is loaded here. */
export function denoEngine(): Engine {
  const { Deno } = globalThis as unknown as { readonly Deno: Deno };
  const viewOf = (address: number) =>
    new Deno.UnsafePointerView(Deno.UnsafePointer.create(BigInt(address)));
  return {
    ...nodeLike(),
    load: (path, signatures) => load(Deno, path, signatures),
    areCallsSlow: false,
    reopen,
    addressOf: (array) => Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(array))),
    readInt32: (address, byteOffset) => viewOf(address).getInt32(byteOffset),
    borrowedBuffer: (address, lengthBytes) => viewOf(address).getArrayBuffer(lengthBytes),
    readDescriptor: (fd) => readerOf(Deno.openSync(`/proc/self/fd/${fd}`).readable),
  };
}

/** Deno's `node:fs` knows the descriptors that it has opened, and no others. */
function reopen(fd: number): number {
  const [, flags = "0"] =
    /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return openSync(`/proc/self/fd/${fd}`, Number.parseInt(flags, 8) & ACCESS_FLAGS);
}

function readerOf(stream: ReadableStream<Uint8Array>): DescriptorReader {
  return stream.getReader();
}

function load<Calls>(deno: Deno, path: string, signatures: Signatures): Library<Calls> {
  const wanted: Record<string, { parameters: readonly string[]; result: string }> = {};
  for (const [name, { args, returns }] of Object.entries(signatures)) {
    wanted[name] = { parameters: args.map((type) => TYPES[type]), result: TYPES[returns] };
  }
  const { symbols } = deno.dlopen(path, wanted);
  const call: Record<string, unknown> = {};
  for (const [name, signature] of Object.entries(signatures)) {
    call[name] = withNumbers(symbols[name] as () => unknown, signature, utf8);
  }
  return {
    call: call as Calls,
    addressOf: () => {
      throw new Error("Deno does not tell the addresses of functions");
    },
  };
}

/** As C has strings: with a zero at the end. */
function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
