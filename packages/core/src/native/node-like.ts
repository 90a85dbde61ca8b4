/**
 * What the engines of Node.js and Deno have in common.
 *
 * @module
 */
import type { CType, Engine, Signature } from "./engine.ts";

/** A word that nobody changes. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** The part of an {@link Engine} that asks nothing of the runtime's FFI. Call it on these two only. */
export function nodeLike(): Pick<
  Engine,
  "compile" | "ownedBuffer" | "isMainThread" | "program" | "sleep" | "collectGarbage"
> {
  return {
    compile: undefined,
    ownedBuffer: undefined,
    isMainThread: process.getBuiltinModule("node:worker_threads").isMainThread,
    program: process.argv[1] ?? "",
    sleep: (milliseconds) => void Atomics.wait(NEVER, 0, 0, milliseconds),
    collectGarbage: () => globalThis.gc?.(),
  };
}

/** The types that are BigInts for these two. */
const IS_BIG: Readonly<Record<CType, boolean>> = {
  i32: false,
  u32: false,
  i64: true,
  u64: true,
  pointer: true,
  string: false,
  void: false,
};

/**
 * Makes a function that takes and returns numbers of one that has BigInts for 64 bits.
 *
 * A number that is the same as in the last call is not made a BigInt again, for a lock is locked where it was unlocked. And
 * each function has code of its own, which the engine compiles for it alone: shared code, for whatever is called by it, takes
 * many times as long (measured).
 *
 * @param run The function as the runtime gives it.
 * @param encode What makes bytes of a string, where the runtime does not; they end with a zero.
 */
export function withNumbers(
  run: (...parameters: never[]) => unknown,
  { args, returns }: Signature,
  encode?: (text: string) => Uint8Array,
): unknown {
  const isPlain = (type: CType): boolean => !IS_BIG[type] && (type !== "string" || !encode);
  if (isPlain(returns) && args.every(isPlain)) return run;
  const parameters = args.map((_, place) => `p${place}`);
  const big = parameters.filter((_, place) => IS_BIG[args[place] as CType]);
  const passed = parameters.map((name, place) => {
    if (big.includes(name)) return `b${name}`;
    return isPlain(args[place] as CType) ? name : `encode(${name})`;
  });
  const result = `run(${passed.join(", ")})`;
  const code = `
    ${big.map((name) => `let n${name} = 0, b${name} = 0n;`).join("\n")}
    return (${parameters.join(", ")}) => {
      ${big.map((name) => `if (${name} !== n${name}) { b${name} = BigInt(${name}); n${name} = ${name}; }`).join("\n")}
      return ${IS_BIG[returns] ? `numberOf(${result})` : result};
    };`;
  return new Function("run", "numberOf", "encode", code)(run, numberOf, encode);
}

/** A 64-bit integer as a number where it fits. */
function numberOf(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
