/**
 * How an example starts its processes and ends them. Nothing here knows of shared memory.
 *
 * The processes of an example are told to end by the end of their standard input: it comes when their parent ends them,
 * and also when their parent is killed.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Subprocess } from "bun";

/** Where a process runs, when that is not where this one does. */
export interface Place {
  /** The command that starts a program there. */
  readonly prefix?: readonly string[];
  /** What is else in its environment there. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Another process of the example, which says what it has to say in lines of JSON. */
export class Program implements AsyncDisposable {
  readonly #process: Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncGenerator<string, undefined>;
  readonly #signal: AbortSignal;
  readonly #interrupted: Promise<never>;

  /**
   * Starts it.
   *
   * @param signal Ends waits for its lines.
   * @param source Its source, and where it runs unless that is here.
   * @param args Its arguments.
   */
  constructor(
    signal: AbortSignal,
    source: string | ({ readonly file: string } & Place),
    ...args: readonly (string | number)[]
  ) {
    const { file, prefix = [], env } = typeof source === "string" ? { file: source } : source;
    this.#process = Bun.spawn([...prefix, process.execPath, file, ...args.map(String)], {
      env: { ...process.env, ...env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    this.#lines = linesOf(this.#process.stdout);
    this.#signal = signal;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    this.#interrupted = promise;
  }

  /** The operating system's number for it. */
  get pid(): number {
    return this.#process.pid;
  }

  /** What it says next. */
  async next<T>(): Promise<T> {
    this.#signal.throwIfAborted();
    const { value } = await Promise.race([this.#lines.next(), this.#interrupted]);
    if (value !== undefined) return JSON.parse(value) as T;
    await this.#process.exited;
    throw new Error(`Process ${this.pid} ended: ${this.#process.signalCode ?? "by itself"}`);
  }

  /** Tells it to end. */
  end(): void {
    this.#process.stdin.end();
  }

  /** Kills it at once, as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  /** Tells it to end, and waits until it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.#process.exited;
  }
}

/** Says something to the process that has started this one. */
export function say(value: unknown): void {
  // Complete before the next statement: the process may be killed by then.
  writeSync(1, `${JSON.stringify(value)}\n`);
}

/** Aborted when the process that has started this one wants it to end, or is gone. */
export function endOfParent(): AbortSignal {
  const end = new AbortController();
  // Ctrl-C goes to all processes of a terminal, and the parent tells when to end.
  process.on("SIGINT", () => undefined);
  const listen = async (): Promise<void> => {
    for await (const _ of Bun.stdin.stream());
    end.abort(new Error("The parent has ended"));
  };
  void listen();
  return end.signal;
}

/** Waits until a signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/**
 * Runs an example: Ctrl-C aborts its signal, and it leaves nothing behind.
 *
 * @param example What it does.
 */
export async function runExample(example: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => interrupt.abort(new Error(`Interrupted by ${name}`)));
  }
  const { signal } = interrupt;
  try {
    await example(signal);
  } catch (error) {
    if (error !== signal.reason) throw error;
    process.exitCode = 130;
  }
  // Handlers of signals keep nothing alive; neither does anything else that an example may have left.
  process.exit();
}

/**
 * The numbers that the command line gives: `--name 5`.
 *
 * @param defaults Their names, and what they are unless given.
 */
export function numberOptions<T extends Readonly<Record<string, number>>>(defaults: T): T {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, number]) => {
      return [name, { type: "string", default: String(number) }] as const;
    }),
  );
  const { values } = parseArgs({ options });
  const entries = Object.entries(values).map(([name, text]) => {
    const number = Number(text);
    if (number > 0) return [name, number];
    throw new RangeError(`--${name} must be a number > 0: it is "${text}"`);
  });
  return Object.fromEntries(entries) as T;
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
