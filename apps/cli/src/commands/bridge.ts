/**
 * `isthmus bridge --server URL --out NAME… --in NAME…`
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { TimeoutError } from "@isthmus/core";
import { type MutexLock, NamedMutex } from "@isthmus/ipc";
import type { Command } from "@stricli/core";
import { BRIDGE_FLAGS, type BridgeFlags, type Way, waysOf } from "../bridge/bridge-flags.ts";
import { type BridgeOutcome, BridgeRun } from "../bridge/bridge-run.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { errorLine } from "../error-line.ts";
import { ExitCode, exitCodeOf, worseExitCode } from "../exit-code.ts";
import { formatCount, formatCountOf, formatSize } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { StatusLine } from "../output/status-line.ts";
import { infoRecord } from "../segments/info-record.ts";
import { UsageError } from "../usage-error.ts";

/** Who has it is the bridge of this machine: one process, which all that is carried goes through. */
const MUTEX_NAME = "isthmus-bridge";

/** Carries until Ctrl-C, or until nothing can go on; then says what was carried. */
async function runBridge(this: IsthmusContext, flags: BridgeFlags): Promise<void> {
  const { process, cwd, signal, style } = this;
  const ways = waysOf(flags, cwd);
  using _alone = await beAlone();
  // Loaded here, so that no other command pays for it.
  const { bridge } = await import("@isthmus/bridge");
  using status = new StatusLine(process.stderr, process.env);
  await using run = new BridgeRun({
    signal,
    onNote: (text) => {
      if (flags.quiet) return;
      status.clear();
      process.stderr.write(`isthmus bridge: ${text}\n`);
    },
    // A log wants to hear of changes alone.
    onProgress: (text) => {
      if (!flags.quiet && status.isShown) status.show(`isthmus bridge: ${text()}`);
    },
  });
  try {
    for (const way of ways) {
      if (way.spill !== undefined) mkdirSync(dirname(way.spill), { recursive: true });
      run.add(way, await understood(() => bridge(way.name, optionsOf(way, flags, signal))));
    }
    await run.run();
  } finally {
    await run[Symbol.asyncDispose]();
    status.clear();
    for (const outcome of run.outcomes) report(this, outcome, flags.json);
  }
  let exitCode: number = ExitCode.done;
  for (const { way, error } of run.outcomes) {
    if (error === undefined) continue;
    const line = `isthmus: ${printable(way.name)} ${way.role}: ${errorLine(error, process.env)}`;
    process.stderr.write(`${style.stderr.red(line)}\n`);
    exitCode = worseExitCode(exitCode, exitCodeOf(error));
  }
  if (exitCode !== ExitCode.done) process.exitCode = exitCode;
}

/** What is wrong with the words of the command line is told as such. */
async function understood<T>(begin: () => Promise<T>): Promise<T> {
  try {
    return await begin();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** Two processes that carry are a mistake, whatever they carry. */
async function beAlone(): Promise<Disposable> {
  using stack = new DisposableStack();
  const mutex = stack.use(NamedMutex.createOrOpen(MUTEX_NAME));
  let lock: MutexLock;
  try {
    lock = await mutex.acquireAsync({ timeoutMs: 0 });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    const who = mutex.owner === undefined ? "another process" : `process ${mutex.owner.pid}`;
    const next = "end it, or name there what is to be carried";
    throw new Error(`Cannot be the bridge of this machine: ${who} is; ${next}`, { cause: error });
  }
  stack.use(lock);
  return stack.move();
}

function optionsOf(way: Way, flags: BridgeFlags, signal: AbortSignal) {
  const { server, credentials, ca, certificate, key, whenAway, onSlow, from } = flags;
  const hasTls = [ca, certificate, key].some((file) => file !== undefined);
  return {
    server,
    role: way.role,
    journal: way.journal,
    spill: way.spill,
    whenAway: way.spill === undefined ? (whenAway === "spill" ? "hold" : whenAway) : "spill",
    onSlow,
    from,
    credentialsFile: credentials,
    tls: hasTls ? { caFile: ca, certificateFile: certificate, keyFile: key } : undefined,
    wait: true,
    signal,
  } as const;
}

function report(
  { process }: IsthmusContext,
  { way: { name, role }, state, metrics, error }: BridgeOutcome,
  isJson: boolean,
): void {
  if (isJson) {
    const reason = error instanceof Error ? error.message : null;
    writeJsonLine(process.stdout, { name, role, state, ...infoRecord(metrics), error: reason });
    return;
  }
  const { records, bytes, lost, drops, duplicates } = metrics;
  const more = [
    ...(lost > 0 ? [`${formatCount(lost)} lost`] : []),
    ...(drops > 0 ? [`${formatCount(drops)} given up`] : []),
    ...(duplicates > 0 ? [`${formatCount(duplicates)} came again and were left out`] : []),
  ];
  const done = `${formatCountOf(records, "record")}, ${formatSize(bytes)}`;
  process.stdout.write(`${printable(name)} ${role}: ${[done, ...more].join(", ")}\n`);
}

/** The definition of the command. */
export const bridge: Command<IsthmusContext> = defineCommand({
  run: runBridge,
  flags: BRIDGE_FLAGS,
  docs: {
    brief: "Carry what is shared here to other machines, and what is there to here",
    fullDescription:
      "Channels, topics, the dead letters of queues and journals, through a NATS server with\n" +
      "JetStream (2.9.4 or later): each record once, those of one sender in order, whichever of the\n" +
      "machines, the server or this process dies meanwhile. What comes is what it is where it comes\n" +
      "from; it is made here when it is missing.\n\n" +
      "One process does it for a machine. It waits for a server that is not there, and for names\n" +
      "that nobody has yet. Ctrl-C ends it: what is under way is finished, and the next one goes on\n" +
      "where it ended. isthmus top, inspect and the dashboard show how it is doing.\n\n" +
      "No user name and no password may stand in URL: others see command lines. See --credentials.",
    customUsage: [
      { input: "--out orders", brief: "to the server on this machine" },
      { input: "--server nats://10.0.0.5:4222 --in orders", brief: "on another machine" },
      {
        input: "--server tls://hub:4222 --credentials m.creds --out a b --in c",
        brief: "several, by TLS",
      },
      { input: "--out orders --spill /var/spool/isthmus", brief: "on the disk while it is away" },
      { input: "--out log --journal log=/var/log.journal", brief: "a journal" },
    ],
  },
});
