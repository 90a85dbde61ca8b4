/**
 * Everything a command may touch of its process, injected so that a test can give it a fake.
 *
 * @module
 */
import type { Application, CommandContext } from "@stricli/core";
import { COMMAND_NAME } from "./command-name.ts";
import { createStyle, type Style } from "./output/style.ts";
import { wrap } from "./output/wrap.ts";

/** The part of a standard stream that commands use. */
export interface OutputStream {
  /** Writes text; gives false when the reader is behind and `drain` will tell that it has caught up. */
  readonly write: (text: string) => unknown;
  /** Calls back once. */
  readonly once?: ((event: "drain", listener: () => void) => unknown) | undefined;
  /** Whether a person is looking at it. */
  readonly isTTY?: boolean | undefined;
  /** The width of the terminal, where there is one. */
  readonly columns?: number | undefined;
  /** The height of the terminal, where there is one. */
  readonly rows?: number | undefined;
}

/** Environment variables, as `process.env` holds them. */
export type Environment = Readonly<Partial<Record<string, string>>>;

/** What the outside world gives to one run of the command. */
export interface Host {
  /** Receives data. */
  readonly stdout: OutputStream;
  /** Receives progress, hints and errors. */
  readonly stderr: OutputStream;
  /** The environment variables. */
  readonly env: Environment;
  /** The directory against which relative paths are resolved. */
  readonly cwd: string;
  /** Aborted with an `InterruptedError` on Ctrl-C, or when the reader of stdout has gone. */
  readonly signal: AbortSignal;
  /** Asks the person at the terminal for a line; absent where nobody is there. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

/** The `this` of every command. */
export interface IsthmusContext extends CommandContext {
  /** The streams and environment in stricli's shape; a command may set `exitCode`. */
  readonly process: StricliStreams;
  /** The directory against which relative paths are resolved. */
  readonly cwd: string;
  /** Aborted with an `InterruptedError` as its reason; a command stops soon and cleans up. */
  readonly signal: AbortSignal;
  /** Asks the person at the terminal for a line; undefined where nobody is there. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** Colours and width for each stream; plain text where colour is off. */
  readonly style: { readonly stdout: Style; readonly stderr: Style };
  /** What to type for help with what is run. */
  readonly helpCommand: string;
}

/** Makes the application for a command line. */
export type CreateApp = (inputs: readonly string[]) => Promise<Application<IsthmusContext>>;

/** stricli's process, with streams that know whether they are terminals. */
export interface StricliStreams {
  readonly stdout: StricliStream;
  readonly stderr: StricliStream;
  readonly env: Environment;
  exitCode?: number | string | null;
}

/** An output stream that answers stricli's question about colour by our own decision. */
export interface StricliStream {
  readonly write: (text: string) => void;
  /** Waits until the reader has caught up: what is written meanwhile is kept in memory, however much it is. */
  readonly drained: () => Promise<void>;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly getColorDepth: () => number;
}

/** The size that is assumed where the terminal does not tell, or tells zeros: nobody has set its size yet. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** How far the second line of a message stands in. */
const MESSAGE_INDENT = 2;

/**
 * Builds the context of one run.
 *
 * @param host The outside world.
 * @param isColorRefused Whether `--no-color` was given.
 * @param helpCommand What to type for help with what is run.
 * @returns A context whose colours are decided once, for each stream.
 */
export function createContext(
  host: Host,
  isColorRefused: boolean,
  helpCommand: string = `${COMMAND_NAME} --help`,
): IsthmusContext {
  const styleOf = (stream: OutputStream): Style =>
    createStyle({
      isTTY: stream.isTTY === true,
      env: host.env,
      isColorRefused,
      columns: stream.columns,
    });
  const style = { stdout: styleOf(host.stdout), stderr: styleOf(host.stderr) };
  return {
    process: {
      stdout: adapt(host.stdout, style.stdout, host.signal, (text) => text),
      // Nothing but messages for people: each is wrapped here, whoever writes it.
      stderr: adapt(host.stderr, style.stderr, host.signal, (text) =>
        wrap(text, style.stderr.columns, MESSAGE_INDENT),
      ),
      env: host.env,
    },
    cwd: host.cwd,
    signal: host.signal,
    ask: host.ask,
    style,
    helpCommand,
  };
}

function adapt(
  stream: OutputStream,
  style: Style,
  signal: AbortSignal,
  layOut: (text: string) => string,
): StricliStream {
  let isBehind = false;
  return {
    write: (text) => {
      isBehind = stream.write(layOut(text)) === false;
    },
    drained: () =>
      new Promise((resolve) => {
        if (!isBehind || stream.once === undefined || signal.aborted) return resolve();
        stream.once("drain", resolve);
        // A reader that has gone never catches up, and a command that is to end does not wait for one.
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    isTTY: stream.isTTY === true,
    // Getters, because a terminal can be resized while a command runs.
    get columns() {
      return stream.columns || DEFAULT_COLUMNS;
    },
    get rows() {
      return stream.rows || DEFAULT_ROWS;
    },
    // stricli colours a stream whose depth is at least 4 bits; so our decision is its decision.
    getColorDepth: () => (style.isColored ? 4 : 1),
  };
}
