/**
 * Memory whose writer dies.
 *
 * @module
 */
import { PlainWords } from "../../model/checker/plain-words.ts";

/** Thrown in the middle of an operation. */
export class Death extends Error {}

/** Memory whose writer dies after so many stores. */
export class MortalWords extends PlainWords {
  /** How many stores are left. */
  left: number = Infinity;
  stores = 0;

  override store(index: number, value: number): void {
    if (this.left <= 0) throw new Death();
    this.left--;
    this.stores++;
    super.store(index, value);
  }

  protected override change(): never {
    throw new Error("a table has a mutex around it, and needs no other atomic change");
  }
}
