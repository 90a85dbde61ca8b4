/**
 * What a JavaScript runtime must bring. One file per runtime implements it (`bun-engine.ts`), and one line of `runtime.ts`
 * chooses. What `node:` modules do alike on every runtime is not in it. This file imports nothing.
 *
 * @module
 */

/** What the floors above may ask of the runtime. */
export interface Host {
  /** Whether this thread is the process's first; a Worker's is not. */
  readonly isMainThread: boolean;

  /** Path of the module with which the program began. `bun test` and reloads begin another one in the same thread. */
  readonly program: string;

  /** Stops this thread. It runs nothing else meanwhile, not even the handler of a signal. */
  sleep(milliseconds: number): void;

  /** Collects garbage now, where a program may ask for it. */
  collectGarbage(): void;

  /**
   * Reads a pipe through the event loop, which is kept alive until the reader is cancelled or the pipe has ended.
   *
   * @param fd An open descriptor that does not block. It stays the caller's, to be closed when reading has ended.
   */
  readDescriptor(fd: number): DescriptorReader;
}

/** Reads what arrives at a descriptor. */
export interface DescriptorReader {
  /** Takes what is there, as soon as there is any. `done`: nobody writes any more, or the reader was cancelled. */
  read(): Promise<{ readonly done: boolean }>;
  cancel(): Promise<void>;
}

/**
 * How a C function takes or returns a value. All but `"string"` are numbers in TypeScript: addresses and lengths are
 * below 2^53. `"string"` is a parameter only: a JavaScript string, passed as UTF-8 that ends with a zero.
 */
export type CType = "i32" | "u32" | "i64" | "u64" | "pointer" | "string" | "void";

/** How a C function is called. */
export interface Signature {
  readonly args: readonly CType[];
  readonly returns: CType;
}

/** Functions by name. */
export type Signatures = Readonly<Record<string, Signature>>;

/** Functions of a library, loaded. Native code may call them for as long as this is reachable, TypeScript always. */
export interface Library<Calls> {
  /** The functions. One that returns a pointer gives a BigInt for those that do not fit a number: -1. */
  readonly call: Calls;
  /** The address of a function, for native code that calls it. */
  addressOf(name: keyof Calls): number;
}

/** What to compile. */
export interface Compilation {
  /** Path of a C file that includes and links nothing. */
  readonly path: string;
  readonly defines: Readonly<Record<string, string>>;
  readonly signatures: Signatures;
}

/** What the native room asks of the runtime. Addresses are numbers; nothing checks them. */
export interface Engine extends Host {
  /**
   * Loads functions from a shared library.
   *
   * @param path As `dlopen(3)` takes it.
   * @throws {Error} When the library, or one of the functions, is not there.
   */
  load<Calls>(path: string, signatures: Signatures): Library<Calls>;

  /** Compiles C in this process; absent where the runtime has no compiler. Throws when it cannot. */
  readonly compile: (<Calls>(compilation: Compilation) => Library<Calls>) | undefined;

  /**
   * Where an array begins in memory. It holds for as long as the array is reachable: a closure that has the address has to
   * use the array, too. And only if that was made over an `ArrayBuffer` of its own: the memory of a small array that was
   * not moves when its `buffer` is first asked for.
   */
  addressOf(array: Uint8Array | Uint32Array | Int32Array | DataView): number;

  /** Whether a native call takes longer than a look at JavaScript's own clock. */
  readonly areCallsSlow: boolean;

  /**
   * Opens once more, as `node:fs` does, what a native call has opened; the caller closes the given one by a native call. Absent
   * where `node:fs` takes descriptors whoever has opened them.
   */
  readonly reopen: ((fd: number) => number) | undefined;

  /** Reads an `int` from memory. */
  readInt32(address: number, byteOffset: number): number;

  /** Wraps memory in an `ArrayBuffer` that does not own it: detach it before the memory goes away. */
  borrowedBuffer(address: number, lengthBytes: number): ArrayBuffer;

  /**
   * Wraps memory in an `ArrayBuffer` that owns it: exactly once, when its memory is released by `transfer(0)` or by the
   * collector, on any thread, a native function is called with the buffer's address and `context`. Absent where buffers
   * cannot own foreign memory.
   *
   * @param release Address of that function.
   */
  readonly ownedBuffer:
    | ((address: number, lengthBytes: number, release: number, context: number) => ArrayBuffer)
    | undefined;
}
