/**
 * What handles of every kind offer alike.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { showAs } from "@isthmus/core/internal";
import type { Segment } from "./segment.ts";

/** A handle on what has a name in shared memory. */
export abstract class NamedHandle implements Disposable {
  readonly #segment: Segment;
  readonly #owner: string;

  static {
    showAs(NamedHandle.prototype, (handle) => {
      const { name, createdNew } = handle;
      return [handle.#owner, { name, state: handle.#state(), createdNew }];
    });
  }

  /** @param owner The class's name, for messages: a bundler may change the one that it has. */
  protected constructor(segment: Segment, owner: string) {
    this.#segment = segment;
    this.#owner = owner;
  }

  /** The segment as this handle has it. */
  protected get segment(): Segment {
    return this.#segment;
  }

  /** The name. */
  get name(): string {
    return this.#segment.name;
  }

  /** Whether this call created what the name leads to, instead of opening it. */
  get createdNew(): boolean {
    return this.#segment.createdNew;
  }

  /**
   * Whether the name still leads here: false once its file or its directory was removed, renamed or replaced, so that
   * who opens the name now comes to something else. Those who are here go on with each other. One system call.
   */
  get isReachable(): boolean {
    this.checkOpen();
    return this.#segment.isReachable;
  }

  /** Leaves; calling it again does nothing. */
  abstract dispose(): void;

  [Symbol.dispose](): void {
    this.dispose();
  }

  #state(): "open" | "disposed" | "cut short" {
    try {
      this.checkOpen();
      this.#segment.checkWhole();
      return "open";
    } catch (error) {
      return error instanceof DisposedError ? "disposed" : "cut short";
    }
  }

  /** Throws unless the handle is open. */
  protected checkOpen(): void {
    this.#segment.checkOpen(this.#owner);
  }
}
