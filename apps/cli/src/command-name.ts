/**
 * What the command is called where it runs: what a person types to run it again.
 *
 * @module
 */
import { basename } from "node:path";
import { runtimeOf } from "@isthmus/core/internal";
import { isExecutable } from "@isthmus/programs";

/** What runs the command where its package is installed. */
const RUNNERS = {
  bun: "bunx isthmus",
  deno: "deno run --allow-all npm:@isthmus/cli",
  node: "npx isthmus",
} as const;

/** What is known of how a process was started. */
export interface Invocation {
  /** The file of the program. */
  readonly program: string;
  readonly cwd: string;
  readonly execPath: string;
  readonly isExecutable: boolean;
  readonly runtime: keyof typeof RUNNERS;
  /** The version of Bun. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Finds the name.
 *
 * @param invocation How the process was started.
 * @returns The executable's name; `bun run cli` in the repository, or by `npx` where Bun may not be installed; `bunx isthmus` or
 * `npx isthmus` in a project that has the package, `bunx @isthmus/cli` where there is none, what Deno runs it by, else `isthmus`.
 */
export function commandNameOf(invocation: Invocation): string {
  const { program, cwd, execPath, isExecutable, runtime, version, env } = invocation;
  if (isExecutable) return basename(execPath);
  if (/\/scripts\/(cli|dashboard)\.ts$/.test(program) && env["npm_lifecycle_event"] !== undefined) {
    if (!isNpm(env)) return "bun run cli";
    // `npm run` needs a Bun that is installed, and this one may be there for this run alone.
    return isNpx(env) ? `npx -y bun@${version} run cli` : "npm run cli --";
  }
  if (program.includes("/bunx-")) return "bunx @isthmus/cli";
  if (env["npm_command"] === "exec" && isNpm(env)) return "npx isthmus";
  if (runtime === "deno") return RUNNERS.deno;
  const [project = "", inside] = program.split("/node_modules/");
  const isInProject = inside !== undefined && `${cwd}/`.startsWith(`${project}/`);
  return isInProject ? RUNNERS[runtime] : "isthmus";
}

function isNpm(env: Invocation["env"]): boolean {
  return env["npm_config_user_agent"]?.startsWith("npm/") === true;
}

function isNpx({ npm_config_yes, PATH }: Invocation["env"]): boolean {
  return npm_config_yes === "true" || PATH?.includes("/_npx/") === true;
}

/** What this command is called. */
export const COMMAND_NAME: string = commandNameOf({
  program: process.argv[1] ?? "",
  cwd: process.cwd(),
  execPath: process.execPath,
  isExecutable,
  runtime: runtimeOf().key,
  version: process.versions["bun"] ?? "",
  env: process.env,
});
