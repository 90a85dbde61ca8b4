/**
 * What handles have in common that look up their name before they are used.
 *
 * @module
 */
import { NameWatch } from "./name-watch.ts";
import { NamedHandle } from "./named-handle.ts";
import type { Segment } from "./segment.ts";

/** A handle that refuses its use once its name leads elsewhere, where others would use another thing of that name. */
export abstract class WatchedHandle extends NamedHandle {
  /** Uses until the name is looked up again; see {@link NameWatch}. No private name: it is on the way of every use. */
  protected left = 0;
  protected readonly watch: NameWatch;

  /**
   * @param owner The class's name.
   * @param kind What it is, for messages.
   */
  protected constructor(segment: Segment, owner: string, kind: string) {
    super(segment, owner);
    this.watch = new NameWatch(segment.trail, `the ${kind} "${segment.name}"`, (uses) => {
      this.left = uses;
    });
  }

  /**
   * Looks up the name; called when no uses are left. A handle that was disposed has none.
   *
   * @param verb What needs the name, for the message.
   */
  protected look(verb: string): void {
    this.checkOpen();
    this.watch.look(verb);
  }
}
