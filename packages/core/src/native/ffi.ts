/**
 * Bun's foreign-function interface: the one place that loads it, so that other runtimes, which cannot, hear why.
 *
 * @module
 */
import type * as Ffi from "bun:ffi";
import { checkRuntime } from "./runtime.ts";

export type { FFIFunction, Pointer } from "bun:ffi";

// An old Bun loads it, too, and is refused where the platform is made: commands can still say what is wrong.
if (process.versions["bun"] === undefined) checkRuntime();

const ffi: typeof Ffi = require("bun:ffi");

export const FFIType: typeof Ffi.FFIType = ffi.FFIType;
export const cc: typeof Ffi.cc = ffi.cc;
export const dlopen: typeof Ffi.dlopen = ffi.dlopen;
export const ptr: typeof Ffi.ptr = ffi.ptr;
export const read: typeof Ffi.read = ffi.read;
export const toArrayBuffer: typeof Ffi.toArrayBuffer = ffi.toArrayBuffer;
