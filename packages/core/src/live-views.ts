/**
 * The views of a map that are in use: those behind the end of a file that becomes shorter must end with it.
 *
 * @module
 */

/** A view that can be ended. */
interface Endable {
  dispose(): void;
}

/** How many views there are at least before those that are gone are looked for. */
const SWEEP_MIN = 16;

/** The views of one map; does not keep them. */
export class LiveViews {
  readonly #ends = new Map<WeakRef<Endable>, number>();
  #sweepAt = SWEEP_MIN;

  /**
   * Notes a view.
   *
   * @param end Where it ends, in bytes from the start of the map.
   */
  add<View extends Endable>(view: View, end: number): View {
    this.#ends.set(new WeakRef(view), end);
    if (this.#ends.size >= this.#sweepAt) this.#sweep();
    return view;
  }

  /** Ends all views that reach behind a length. */
  endBehind(lengthBytes: number): void {
    for (const [view, end] of this.#ends) {
      if (end <= lengthBytes) continue;
      view.deref()?.dispose();
      this.#ends.delete(view);
    }
  }

  #sweep(): void {
    for (const view of this.#ends.keys()) {
      if (view.deref() === undefined) this.#ends.delete(view);
    }
    this.#sweepAt = Math.max(SWEEP_MIN, this.#ends.size * 2);
  }
}
