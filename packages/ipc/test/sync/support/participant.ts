/**
 * Another process that does what it is told, one line at a time.
 *
 * @module
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { Child } from "@isthmus/testing/child";
import { within } from "@isthmus/testing/patience";
import { RemoteError } from "@isthmus/testing/peer";

const FIXTURES = join(import.meta.dir, "..", "fixtures");

/** What the other process answers, one line of JSON each. */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly className: string; readonly code: string; readonly message: string };
}

/** A process that runs several operations at a time, and answers each when it is done. */
export class Participant extends Child {
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  /**
   * Starts the process; it inherits `ISTHMUS_DIR`.
   *
   * @param fixture The program it runs.
   * @param input What it finds in `process.argv[2]`, as JSON.
   * @param prefix A command that runs it, for example in a namespace of its own.
   */
  constructor(fixture = "participant", input: unknown = null, prefix: readonly string[] = []) {
    const script = join(FIXTURES, `${fixture}.ts`);
    super([...prefix, process.execPath, script, JSON.stringify(input)]);
    void this.#read();
  }

  /** Lets it do something and waits for the result. Rejects with {@link RemoteError} when that fails there. */
  async call<T = unknown>(operation: string, ...parameters: readonly unknown[]): Promise<T> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#open.set(id, answer);
    this.write(JSON.stringify({ id, operation, parameters }));
    return (await this.#soon(answer.promise, `does not answer "${operation}"`)) as T;
  }

  /** The next line that it writes without having been asked. */
  async word(): Promise<unknown> {
    const word = Promise.withResolvers<unknown>();
    this.#open.set(0, word);
    return await this.#soon(word.promise, "says nothing");
  }

  /** Waits for something; a process that hangs is described. */
  async #soon<T>(promise: Promise<T>, complaint: string): Promise<T> {
    return await within(promise, () => `Process ${this.pid} ${complaint}: ${stateOf(this.pid)}`);
  }

  async #read(): Promise<void> {
    for (let line = await this.nextLine(); line !== undefined; line = await this.nextLine()) {
      this.#take(JSON.parse(line) as Answer);
    }
    const why = new Error(`Process ${this.pid} ended (${await this.end()}): ${await this.errors}`);
    for (const answer of this.#open.values()) {
      answer.promise.catch(() => {}); // nobody may be waiting for it any more
      answer.reject(why);
    }
  }

  #take({ id, value, error }: Answer): void {
    const answer = this.#open.get(id);
    this.#open.delete(id);
    if (error === undefined) answer?.resolve(value);
    else answer?.reject(new RemoteError(error));
  }
}

/** What a process is doing: its system call and its open files, as the kernel tells them. */
function stateOf(pid: number): string {
  try {
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    return `system call ${readFileSync(`/proc/${pid}/syscall`, "utf8").trim()}, ${files.join(" ")}`;
  } catch {
    return "it is gone";
  }
}

/** Starts several processes, all ended with the stack. */
export function participants(
  stack: AsyncDisposableStack,
  count: number,
  fixture?: string,
): Participant[] {
  return Array.from({ length: count }, () => stack.use(new Participant(fixture)));
}
