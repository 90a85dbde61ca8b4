/**
 * One word for the whole process: has any watched mapping been touched behind the end of its file?
 *
 * It is a constant of its own module on purpose: JavaScriptCore then folds its address into the code, and
 * an accessor's check after each read costs one store, one load and one branch (measured on an AMD EPYC
 * (family 25, model 17): a `readInt32` loop takes 1.45 times a bare `DataView` with this check, 1.24 times
 * without the store, 4 times with `Atomics.load`, 1.0 times with no check).
 *
 * @module
 */

/** Word 0 is written by the signal handler in `bus-guard.c`; see `bus-guard.ts`. Word 1 means nothing. */
export const FAULT_SEEN: Int32Array<ArrayBuffer> = new Int32Array(new ArrayBuffer(64));

/**
 * Whether a watched mapping has been touched behind the end of its file; asked after each single read.
 *
 * The store is what keeps the check where it is: in a loop that only reads, JavaScriptCore takes a load that
 * nothing in the loop can change out of it, and the loop would run on over zeros until its end (measured).
 */
export function faultSeen(): boolean {
  FAULT_SEEN[1] = 0;
  return FAULT_SEEN[0] !== 0;
}
