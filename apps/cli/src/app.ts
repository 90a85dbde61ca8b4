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
import { VERSION } from "./commands/version.ts";
import type { CreateApp, Environment, IsthmusContext } from "./context.ts";
import { errorLine } from "./error-line.ts";
import { isRouteMap } from "./manual/manual.ts";
import { ESCAPE_BRIEF } from "./manual/root-texts.ts";
import { help } from "./output/help.ts";

/** The command that runs when none is named. */
export const DEFAULT_COMMAND = "demo";

/** The flags that belong to `isthmus` itself and not to the default command. */
export const ROOT_FLAGS: ReadonlySet<string> = new Set(["--help", "-h", "--version", "-v"]);

type Target = Application<IsthmusContext>["root"];

/** Each is loaded when it is asked for: no command pays for what the others need. */
const ROUTES: Readonly<Record<string, (create: CreateApp) => Promise<Target>>> = {
  demo: async () => (await import("./commands/demo.ts")).demo,
  benchmark: async () => (await import("./commands/benchmark.ts")).benchmark,
  producer: async () => (await import("./commands/producer.ts")).producer,
  consumer: async () => (await import("./commands/consumer.ts")).consumer,
  queue: async () => (await import("./commands/queue.ts")).queue,
  worker: async () => (await import("./commands/worker.ts")).worker,
  cache: async () => (await import("./commands/cache.ts")).cache,
  record: async () => (await import("./commands/record.ts")).record,
  replay: async () => (await import("./commands/replay.ts")).replay,
  journal: async () => (await import("./commands/journal.ts")).journal,
  bridge: async () => (await import("./commands/bridge.ts")).bridge,
  scan: async () => (await import("./commands/scan.ts")).scan,
  follow: async () => (await import("./commands/follow.ts")).follow,
  hexdump: async () => (await import("./commands/hexdump.ts")).hexdump,
  ls: async () => (await import("./commands/ls.ts")).ls,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  top: async () => (await import("./commands/top.ts")).top,
  tail: async () => (await import("./commands/tail.ts")).tail,
  rm: async () => (await import("./commands/rm.ts")).rm,
  gc: async () => (await import("./commands/gc.ts")).gc,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  chaos: async () => (await import("./commands/chaos.ts")).chaos,
  dashboard: async () => (await import("./commands/dashboard.ts")).dashboard,
  help: async (create) => (await import("./commands/help.ts")).createHelp(create),
  version: async () => (await import("./commands/version.ts")).versionCommand,
  completions: async (create) =>
    (await import("./commands/completions.ts")).createCompletions(create),
};

/**
 * Builds the application.
 *
 * @param env The environment, which decides how much an error tells.
 * @param inputs What will be run: a mistake in it leads to that command's help. Where its first word is a command, there is no other.
 * @returns What stricli's `run` takes.
 */
export async function createApp(
  env: Environment,
  inputs: readonly string[],
): Promise<Application<IsthmusContext>> {
  const [first = ""] = inputs;
  const names = Object.hasOwn(ROUTES, first) ? [first] : Object.keys(ROUTES);
  const create: CreateApp = (others) => createApp(env, others);
  const loaded = await Promise.all(names.map(async (name) => [name, await ROUTES[name]?.(create)]));
  const root = buildRouteMap<string, IsthmusContext>({
    routes: Object.fromEntries(loaded) as Record<string, Target>,
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
