/**
 * Another process that is told what to do in plain lines, and answers with plain lines.
 *
 * @module
 */
import { Child } from "./child.ts";

/** A process that answers every line by a line. */
export class Companion extends Child {
  /** Lets it do something and waits for the answer, which is `ok` unless said otherwise. */
  async tell(command: string): Promise<string> {
    this.write(command);
    return await this.line();
  }
}
