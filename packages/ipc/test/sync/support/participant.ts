/**
 * Another process that does what it is told, one line at a time.
 *
 * @module
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { RemoteError } from "@isthmus/testing/peer";
import type { Subprocess } from "bun";

const FIXTURES = join(import.meta.dir, "..", "fixtures");

/** No operation takes this long; a process that has not answered by then never will. */
const ANSWER_TIMEOUT_MS = 60_000;

/** What the other process answers, one line of JSON each. */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly className: string; readonly code: string; readonly message: string };
}

type Child = Subprocess<"pipe", "pipe", "pipe">;

/** A process of its own, killed when the test ends, whatever state it is in then. */
export class Participant implements AsyncDisposable {
  readonly #child: Child;
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #errors: Promise<string>;
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
    this.#child = Bun.spawn([...prefix, process.execPath, script, JSON.stringify(input)], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env },
    });
    this.#errors = new Response(this.#child.stderr).text();
    void this.#read();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Lets it do something and waits for the result. Rejects with {@link RemoteError} when that fails there. */
  async call<T = unknown>(operation: string, ...parameters: readonly unknown[]): Promise<T> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#open.set(id, answer);
    this.#child.stdin.write(`${JSON.stringify({ id, operation, parameters })}\n`);
    this.#child.stdin.flush();
    return (await this.#soon(answer.promise, `does not answer "${operation}"`)) as T;
  }

  /** The next line that it writes without having been asked. */
  async word(): Promise<unknown> {
    const word = Promise.withResolvers<unknown>();
    this.#open.set(0, word);
    return await this.#soon(word.promise, "says nothing");
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Lets it come to its natural end: it is told nothing more. */
  finish(): void {
    this.#child.stdin.end();
  }

  /** Waits for its end: the signal's name, or the exit code. */
  async end(): Promise<NodeJS.Signals | number> {
    await this.#soon(this.#child.exited, "does not end");
    return this.#child.signalCode ?? (this.#child.exitCode as number);
  }

  /** Kills it at once, as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#soon(this.#child.exited, "is not seen to end although it was killed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** Waits for something that takes no longer than a few seconds; a process that hangs is described. */
  async #soon<T>(promise: Promise<T>, complaint: string): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new Error(`Process ${this.pid} ${complaint}: ${stateOf(this.pid)}`));
    }, ANSWER_TIMEOUT_MS);
    try {
      return await Promise.race([promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() as string;
      for (const line of lines) this.#take(JSON.parse(line) as Answer);
    }
    const why = new Error(`Process ${this.pid} ended (${await this.end()}): ${await this.#errors}`);
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
