/**
 * The {@link Engine} of Bun.
 *
 * @module
 */
import type * as Ffi from "bun:ffi";
import type { CType, Engine, Library, Signatures } from "./engine.ts";

/** What Bun calls the types. */
const TYPES: Readonly<Record<CType, Ffi.FFITypeOrString>> = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  u64: "u64",
  pointer: "ptr",
  string: "cstring",
  void: "void",
};

/** `toArrayBuffer` with all its parameters: the type declarations of Bun 1.4 leave out the last two. */
type WrapMemory = (
  address: number,
  byteOffset: number,
  byteLength: number,
  context?: number,
  deallocator?: number,
) => ArrayBuffer;

/** Makes the engine. Call it on Bun only: no other runtime has the module. */
export function bunEngine(): Engine {
  const ffi: typeof Ffi = require("bun:ffi");
  const wrapMemory = ffi.toArrayBuffer as unknown as WrapMemory;
  return {
    load: (path, signatures) => libraryOf(ffi.dlopen(path, functionsOf(signatures))),
    compile: ({ path, defines, signatures }) => {
      const symbols = functionsOf(signatures);
      // Nothing is linked: what the code needs, it is given.
      return libraryOf(ffi.cc({ source: path, flags: "-nostdlib", define: defines, symbols }));
    },
    areCallsSlow: false,
    reopen: undefined,
    addressOf: ffi.ptr as (array: Uint8Array) => number,
    readInt32: ffi.read.i32 as (address: number, byteOffset: number) => number,
    borrowedBuffer: (address, lengthBytes) => wrapMemory(address, 0, lengthBytes),
    ownedBuffer: (address, lengthBytes, release, context) =>
      wrapMemory(address, 0, lengthBytes, context, release),
    isMainThread: Bun.isMainThread,
    get program() {
      return Bun.main;
    },
    sleep: Bun.sleepSync,
    collectGarbage: () => Bun.gc(true),
    readDescriptor: (fd) => Bun.file(fd).stream().getReader(),
  };
}

function functionsOf(signatures: Signatures): Record<string, Ffi.FFIFunction> {
  const functions: Record<string, Ffi.FFIFunction> = {};
  for (const [name, { args, returns }] of Object.entries(signatures)) {
    functions[name] = { args: args.map((type) => TYPES[type]), returns: TYPES[returns] };
  }
  return functions;
}

/** What Bun has compiled goes when its own object is collected: `addressOf` keeps that. */
function libraryOf<Calls>(loaded: { readonly symbols: object }): Library<Calls> {
  return {
    call: loaded.symbols as Calls,
    addressOf: (name) =>
      (loaded.symbols as Record<keyof Calls, { readonly ptr: number }>)[name].ptr,
  };
}
