/**
 * One word for the whole process: has any watched mapping been touched behind the end of its file?
 *
 * It is a constant of its own module on purpose: JavaScriptCore then folds its address into the code, and
 * an accessor's check after each read costs one load and one branch (measured on an AMD EPYC (family 25,
 * model 17): a `readInt32` loop takes 1.24 times a bare `DataView` with this check, 1.5 to 2 times with a flag
 * per mapping, 1.0 times with none).
 *
 * @module
 */

/** Word 0 is written by the signal handler in `bus-guard.c`; see `bus-guard.ts`. */
export const FAULT_SEEN: Int32Array<ArrayBuffer> = new Int32Array(new ArrayBuffer(64));
