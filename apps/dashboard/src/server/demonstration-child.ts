/**
 * One process of the demonstration: `isthmus producer` or `isthmus consumer`.
 *
 * @module
 */
import type { Subprocess } from "bun";
import type {
  DemonstrationParameters,
  DemonstrationRole,
  TransferSummary,
} from "../wire/demonstration-state.ts";

/** How long a process may take to end when it was asked to, in milliseconds; then it is killed. */
const FAREWELL_MS = 3000;
/** Room for one producer's records: little enough that a stalled consumer shows within seconds. */
const CAPACITY_BYTES = 1 << 20;

/** What is started. */
export interface ChildOptions {
  /** What runs `isthmus`: all that comes before its own arguments. */
  readonly command: readonly string[];
  readonly role: DemonstrationRole;
  readonly channel: string;
  readonly parameters: DemonstrationParameters;
}

/** A process that is running, or was. */
export class DemonstrationChild {
  /** Resolves when the process is gone, to why it failed; `undefined` when it ended in order or by a signal. */
  readonly ended: Promise<string | undefined>;
  #summary: TransferSummary | undefined;
  readonly #process: Subprocess<"pipe", "pipe", "pipe">;

  constructor(options: ChildOptions) {
    this.#process = Bun.spawn([...options.command, ...argumentsFor(options)], {
      // The command then loads its parent watch.
      env: { ...process.env, ISTHMUS_PARENT_WATCH: "stdin" },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.ended = this.#follow();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** What it said at its end; undefined when it said nothing, as one that was killed. */
  get summary(): TransferSummary | undefined {
    return this.#summary;
  }

  /** Kills it as a crash would. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Asks it to end, and sees to it that it does. */
  async end(farewellMs: number = FAREWELL_MS): Promise<void> {
    this.#process.kill("SIGINT");
    const timer = setTimeout(() => this.kill(), farewellMs);
    await this.ended;
    clearTimeout(timer);
  }

  async #follow(): Promise<string | undefined> {
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(this.#process.stdout).text(),
      new Response(this.#process.stderr).text(),
      this.#process.exited,
    ]);
    this.#summary = parseSummary(stdout);
    const isSignalled = this.#process.signalCode !== null || exitCode > 128;
    if (exitCode === 0 || isSignalled) return undefined;
    return stderr.trim().split("\n").at(-1) || `it ended with exit code ${exitCode}`;
  }
}

/** The arguments of the command, as a person would type them. */
export function argumentsFor({
  role,
  channel,
  parameters,
}: Omit<ChildOptions, "command">): string[] {
  const common = [role, "--channel", channel, "--json", "--quiet"];
  const room = ["--capacity", String(CAPACITY_BYTES), "--latency"];
  if (role === "consumer") return [...common, ...room, "--follow"];
  const { records_per_second: rate, size_bytes: size, batch_records: batch } = parameters;
  const sending = ["--rate", String(rate), "--size", String(size), "--batch", String(batch)];
  return [...common, ...room, "--count", "0", ...sending, "--keep-waiting"];
}

function parseSummary(stdout: string): TransferSummary | undefined {
  const line = stdout.trim().split("\n").at(-1);
  if (!line) return undefined;
  try {
    const { messages, elapsed_ms, messages_per_second, lost, corrupt } = JSON.parse(line);
    return { messages, elapsed_ms, messages_per_second, lost, corrupt };
  } catch {
    return undefined; // killed while it was writing
  }
}
