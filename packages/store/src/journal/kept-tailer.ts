/**
 * A named tailer of whoever says itself how far it has come, and does not read in a loop.
 *
 * @module
 */
import { insideOf } from "./journal-inside.ts";

/** A named tailer of a journal. */
export interface KeptTailer extends Disposable {
  /** Everything up to it has been handled. */
  readonly sequence: number;
  /** Notes that everything up to a sequence has been handled. */
  commit(sequence: number): void;
}

/**
 * Opens a named tailer of a journal that was opened for appending; it is made where there is none.
 *
 * @throws {SystemError} `EBUSY` when somebody else reads under its name.
 */
export function keepTailer(journal: object, name: string): KeptTailer {
  const tailer = insideOf(journal)?.tailer(name);
  if (tailer === undefined) throw new Error("Not a journal");
  return {
    get sequence() {
      return tailer.position.sequence;
    },
    commit: (sequence) => tailer.commit(sequence),
    [Symbol.dispose]: () => tailer.close(),
  };
}
