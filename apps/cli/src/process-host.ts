/**
 * The real process as a {@link Host}: its streams, its signals, and a reader that goes away.
 *
 * @module
 */
import { once } from "node:events";
import type { Host } from "./context.ts";
import { ExitCode } from "./exit-code.ts";
import { InterruptedError } from "./interrupted-error.ts";
import { ERASE_LINE } from "./output/erase-line.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * A second signal sooner than this is the same one: a terminal sends Ctrl-C to every process in
 * front, and a wrapper such as `bun run` or `npx` may pass its own on as well.
 */
const SAME_SIGNAL_MS = 300;

/**
 * Connects a run of the command to this process.
 *
 * The first signal aborts the command, which then cleans up and ends with 128 + signal; a second
 * one ends the process at once. `EPIPE` on stdout aborts it without a word, for
 * `| head` has had enough.
 *
 * @returns The host.
 */
export function createProcessHost(): Host {
  const controller = new AbortController();
  let firstSignalMs: number | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const now = performance.now();
      firstSignalMs ??= now;
      if (now - firstSignalMs > SAME_SIGNAL_MS) forceExit();
      controller.abort(new InterruptedError(signal));
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      // A full disk, for example, must not look like success.
      process.exitCode = ExitCode.failed;
      process.stderr.write(`isthmus: Cannot write to stdout: ${error.message}\n`);
    }
    controller.abort(new InterruptedError("EPIPE"));
  });
  // Nobody is left to be told about a broken stderr.
  process.stderr.on("error", () => undefined);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
    ask: process.stdin.isTTY && process.stderr.isTTY ? askWith(controller.signal) : undefined,
  };
}

/** The terminal stays as it is, so that Ctrl-C is a signal. */
function askWith(signal: AbortSignal): (question: string) => Promise<string> {
  return async (question) => {
    const { createInterface } = await import("node:readline/promises");
    using lines = createInterface({
      input: process.stdin,
      output: process.stderr,
      terminal: false,
    });
    // At the end of input there is no answer, and none will come.
    const ended = once(lines, "close").then(() => "");
    try {
      return await Promise.race([lines.question(question, { signal }), ended]);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  };
}

function forceExit(): never {
  if (process.stderr.isTTY) process.stderr.write(ERASE_LINE);
  process.exit(ExitCode.interrupted);
}
