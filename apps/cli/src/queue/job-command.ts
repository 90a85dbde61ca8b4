/**
 * Running a program for a job.
 *
 * @module
 */
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { directoryPath } from "@isthmus/core/internal";
import type { Environment } from "../context.ts";
import { InterruptedError } from "../interrupted-error.ts";
import { NotFoundError } from "../segments/not-found-error.ts";
import { ChildPipe } from "./child-pipe.ts";
import type { ChildWatch } from "./child-watch.ts";
import { isReaderGone, isRelayed, relay } from "./standard-output.ts";

/** How much of the end of its standard error is kept, in bytes. */
const TAIL_BYTES = 960;

/** What is run, and how. */
export interface JobCommandOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  /** How long a program may take to end after the signal that was passed on to it, in milliseconds. */
  readonly graceMs: number;
  readonly watch: ChildWatch;
  /** Is given what the program writes to its standard error. */
  readonly onError: (text: string) => void;
  /** Passed on to the programs that run: the signal that interrupted this one. */
  readonly signal: AbortSignal;
}

/**
 * Finds a program before a job is taken for it.
 *
 * @throws {NotFoundError} When there is none.
 * @throws {SystemError} `EACCES` when it may not be run.
 */
export function findProgram(program: string, cwd: string, env: Environment): void {
  if (!program.includes("/")) {
    if (Bun.which(program, { cwd, PATH: env["PATH"] ?? "" }) !== null) return;
    throw new NotFoundError(`There is no program ${JSON.stringify(program)} in $PATH`);
  }
  const path = resolve(cwd, program);
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new NotFoundError(`There is no program "${path}"`);
  if (!status.isFile()) throw new Error(`Cannot run "${path}": it is no file`);
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new Error(`Cannot run "${path}": it may not be executed; chmod +x makes it so`);
  }
}

/** What went wrong with a job. */
export interface JobFailure {
  /** The exit code, or the signal. */
  readonly end: string;
  /** The last lines that the program wrote to its standard error. */
  readonly said: string;
}

/** Runs a program, once for each job. */
export class JobCommand {
  readonly #options: JobCommandOptions;

  constructor(options: JobCommandOptions) {
    this.#options = options;
  }

  /**
   * Runs it to its end. An interruption is passed on to it and to all that it has started.
   *
   * @param input What it gets on its standard input.
   * @param variables What is added to its environment.
   * @returns What went wrong; undefined when nothing did.
   * @throws When it cannot be started.
   */
  async run(
    input: Uint8Array,
    variables: Readonly<Record<string, string>>,
  ): Promise<JobFailure | undefined> {
    const { watch, onError, signal } = this.#options;
    const tail = new Tail();
    const decoder = new TextDecoder();
    await using errors = new ChildPipe((bytes) => {
      tail.add(bytes);
      onError(decoder.decode(bytes, { stream: true }));
    });
    await using output = isRelayed() ? new ChildPipe((bytes) => relay(bytes, signal)) : undefined;
    const child = this.#start(input, variables, [output?.writeEnd ?? "inherit", errors.writeEnd]);
    watch.add(child.pid);
    errors.begin();
    output?.begin();
    const stopPassing = this.#passOn(child.pid);
    try {
      await child.exited;
    } finally {
      stopPassing();
      // Its job is somebody else's now: nothing that it has started may go on with it.
      if (signal.aborted) kill(child.pid, "SIGKILL");
      watch.delete(child.pid);
    }
    await Promise.all([errors.rest(), output?.rest()]);
    // A reader of the output that has gone is told of in a later turn.
    if (output !== undefined) await new Promise((resolve) => setImmediate(resolve));
    if (isReaderGone(signal)) return { end: "nobody reads its output", said: "" };
    if (child.exitCode === 0) return undefined;
    const end = child.signalCode ? `killed by ${child.signalCode}` : `exit code ${child.exitCode}`;
    return { end, said: tail.lastLines() };
  }

  #start(
    input: Uint8Array,
    variables: Readonly<Record<string, string>>,
    [stdout, stderr]: readonly [stdout: number | "inherit", stderr: number],
  ) {
    const { command, cwd, env } = this.#options;
    const stdin = inputFile(input);
    try {
      return Bun.spawn([...command], {
        cwd,
        env: { ...env, ...variables },
        stdin,
        stdout,
        stderr,
        // A group of its own: a signal is passed on once, to all of it.
        detached: true,
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why =
        code === "ENOEXEC" ? "a script needs #!/bin/sh or the like in its first line" : message;
      throw new Error(`Cannot run ${JSON.stringify(command[0])}: ${why}`, { cause: error });
    } finally {
      closeSync(stdin);
    }
  }

  /** Passes the signal that ends this process on, and kills what does not end; returns how to stop that. */
  #passOn(group: number): () => void {
    const { signal, graceMs } = this.#options;
    let timer: Timer | undefined;
    const pass = (): void => {
      kill(group, signalOf(signal.reason));
      timer = setTimeout(() => kill(group, "SIGKILL"), graceMs);
    };
    if (signal.aborted) pass();
    else signal.addEventListener("abort", pass, { once: true });
    return () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", pass);
    };
  }
}

/** A file without a name that has a job, to be read from its beginning. Bun's own stay open until they are collected. */
function inputFile(input: Uint8Array): number {
  const path = join(directoryPath(), `.job-${crypto.randomUUID()}`);
  const fd = openSync(path, "wx+", 0o600);
  try {
    unlinkSync(path);
    for (let at = 0; at < input.length; ) at += writeSync(fd, input, at, input.length - at, at);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The end of what a program says: as much as a job keeps of its error, less a few words. */
class Tail {
  #bytes: Uint8Array = new Uint8Array();

  add(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]).subarray(-TAIL_BYTES);
  }

  /** The last lines; whole ones, where there is one. */
  lastLines(): string {
    const text = new TextDecoder().decode(this.#bytes).trimEnd();
    const isCut = this.#bytes.length === TAIL_BYTES;
    if (!isCut) return text;
    return text.includes("\n") ? text.slice(text.indexOf("\n") + 1) : text.replace(/^\uFFFD+/, "");
  }
}

function signalOf(reason: unknown): NodeJS.Signals {
  const isSignal = reason instanceof InterruptedError && reason.reason !== "EPIPE";
  return isSignal ? (reason.reason as NodeJS.Signals) : "SIGTERM";
}

function kill(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch {
    // It has ended in this moment.
  }
}
