/**
 * Another process that does what it is told, one line at a time.
 *
 * @module
 */
import { Child } from "./child.ts";

/** What the other process answers, as one line of JSON. */
export type Answer =
  | { readonly value: unknown }
  | { readonly error: { className: string; code: string; message: string } };

/** An error that was thrown in the other process. */
export class RemoteError extends Error {
  readonly className: string;
  readonly code: string;

  constructor({ className, code, message }: { className: string; code: string; message: string }) {
    super(message);
    this.className = className;
    this.code = code;
  }
}

/** A process that answers every operation by one line. */
export class Peer extends Child {
  /**
   * Starts the process; it inherits `ISTHMUS_DIR`.
   *
   * @param command The program and its arguments.
   * @param environment Environment on top of this process's.
   */
  constructor(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    super(command, { env: { ...process.env, ...environment } });
  }

  /** Lets it do something and waits for the result. Throws {@link RemoteError} when that fails there. */
  async call<T = unknown>(operation: string, ...parameters: readonly unknown[]): Promise<T> {
    this.send(operation, ...parameters);
    return await this.answer<T>();
  }

  /** Lets it do something without waiting for it. */
  send(operation: string, ...parameters: readonly unknown[]): void {
    this.write(JSON.stringify({ operation, parameters }));
  }

  /** The next answer. */
  async answer<T = unknown>(): Promise<T> {
    const answer = JSON.parse(await this.line()) as Answer;
    if ("error" in answer) throw new RemoteError(answer.error);
    return answer.value as T;
  }
}
