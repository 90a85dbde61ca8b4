/**
 * The routes of `isthmus`. A new command is one file in `commands/` and one line in `ROUTES`.
 *
 * @module
 */
import {
  type Application,
  ArgumentScannerError,
  buildApplication,
  buildRouteMap,
  text_en,
  version,
} from "@stricli/core";
import { COMMAND_NAME } from "./command-name.ts";
import { benchmark } from "./commands/benchmark.ts";
import { bridge } from "./commands/bridge.ts";
import { cache } from "./commands/cache.ts";
import { chaos } from "./commands/chaos.ts";
import { createCompletions } from "./commands/completions.ts";
import { consumer } from "./commands/consumer.ts";
import { dashboard } from "./commands/dashboard.ts";
import { demo } from "./commands/demo.ts";
import { doctor } from "./commands/doctor.ts";
import { follow } from "./commands/follow.ts";
import { gc } from "./commands/gc.ts";
import { createHelp } from "./commands/help.ts";
import { hexdump } from "./commands/hexdump.ts";
import { inspect } from "./commands/inspect.ts";
import { journal } from "./commands/journal.ts";
import { ls } from "./commands/ls.ts";
import { producer } from "./commands/producer.ts";
import { queue } from "./commands/queue.ts";
import { record } from "./commands/record.ts";
import { replay } from "./commands/replay.ts";
import { rm } from "./commands/rm.ts";
import { scan } from "./commands/scan.ts";
import { tail } from "./commands/tail.ts";
import { top } from "./commands/top.ts";
import { VERSION, versionCommand } from "./commands/version.ts";
import { worker } from "./commands/worker.ts";
import type { Environment, IsthmusContext } from "./context.ts";
import { errorLine } from "./error-line.ts";
import { isRouteMap } from "./manual/manual.ts";
import { ESCAPE_BRIEF } from "./manual/root-texts.ts";
import { help } from "./output/help.ts";

/** The command that runs when none is named. */
export const DEFAULT_COMMAND = "demo";

/** The flags that belong to `isthmus` itself and not to the default command. */
export const ROOT_FLAGS: ReadonlySet<string> = new Set(["--help", "-h", "--version", "-v"]);

const ROUTES = {
  demo,
  benchmark,
  producer,
  consumer,
  queue,
  worker,
  cache,
  record,
  replay,
  journal,
  bridge,
  scan,
  follow,
  hexdump,
  ls,
  inspect,
  top,
  tail,
  rm,
  gc,
  doctor,
  chaos,
  dashboard,
} as const;

/**
 * Builds the application.
 *
 * @param env The environment, which decides how much an error tells.
 * @param inputs What will be run: a mistake in it leads to that command's help.
 * @returns What stricli's `run` takes.
 */
export function createApp(
  env: Environment,
  inputs: readonly string[],
): Application<IsthmusContext> {
  const create = (others: readonly string[]): Application<IsthmusContext> => createApp(env, others);
  const root = buildRouteMap({
    routes: {
      ...ROUTES,
      help: createHelp(create),
      version: versionCommand,
      completions: createCompletions(create),
    },
    docs: {
      brief: "Memory-mapped files and shared memory between processes.",
      fullDescription:
        "Memory-mapped files and shared memory between processes, for Bun.\n" +
        "Data goes to stdout, everything else to stderr. Every command takes --json.",
    },
  });
  const config = {
    name: "isthmus",
    scanner: {
      caseStyle: "allow-kebab-for-camel",
      allowArgumentEscapeSequence: true,
      // git's weights, as stricli's default, but closer: at its threshold of 7 `foo` meant `demo`.
      distanceOptions: {
        threshold: 4,
        weights: { insertion: 1, deletion: 3, substitution: 2, transposition: 0 },
      },
    },
    localization: { text: textFor(env, helpCommandOf(root, inputs)) },
  } as const;
  return buildApplication<IsthmusContext>(root, config, {
    help: help(),
    version: version({
      brief: "Print the version and exit",
      info: { currentVersion: VERSION },
      complete: true,
    }),
  });
}

/**
 * What to type for help with a command line.
 *
 * @param root The routes.
 * @param inputs The command line; what is no name in it is not looked at.
 */
export function helpCommandOf(
  root: Application<IsthmusContext>["root"],
  inputs: readonly string[],
): string {
  const names: string[] = [];
  let target = root;
  for (const input of inputs) {
    const next = isRouteMap(target) ? target.getRoutingTargetForInput(input) : undefined;
    if (next === undefined) break;
    names.push(input);
    target = next;
  }
  return [COMMAND_NAME, ...names, "--help"].join(" ");
}

/** stricli's English, with our name in front and the next step behind; never a stack trace. */
function textFor(env: Environment, helpCommand: string): typeof text_en {
  const broken = (what: string, error: unknown): string =>
    `isthmus: ${what}: ${errorLine(error, env)}`;
  const usage = (message: string): string =>
    `isthmus: ${message}${message.endsWith("?") ? "" : "."} See ${helpCommand}`;
  return {
    ...text_en,
    briefs: {
      ...text_en.briefs,
      help: "Print this help and exit",
      argumentEscapeSequence: ESCAPE_BRIEF,
    },
    noCommandRegisteredForInput: (args) => usage(text_en.noCommandRegisteredForInput(args)),
    exceptionWhileParsingArguments(error) {
      if (!(error instanceof ArgumentScannerError)) return broken("cannot read arguments", error);
      return usage(text_en.exceptionWhileParsingArguments.call(this, error, false));
    },
    exceptionWhileLoadingCommandFunction: (error) => broken("cannot load the command", error),
    exceptionWhileLoadingCommandContext: (error) => broken("cannot start the command", error),
    exceptionWhileRunningCommand: (error) => broken("the command failed", error),
    exceptionWhileRunningIntegrationFlag: ({ exception }) => broken("the flag failed", exception),
    exceptionWhileRunningIntegrationHook: ({ exception }) => broken("a hook failed", exception),
    commandErrorResult: (error) => `isthmus: ${errorLine(error, env)}`,
  };
}
