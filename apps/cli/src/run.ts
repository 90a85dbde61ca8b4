/**
 * One run of the command, from arguments to exit code, on whatever host it is given.
 *
 * @module
 */
import { run } from "@stricli/core";
import { createApp, DEFAULT_COMMAND, helpCommandOf, ROOT_FLAGS } from "./app.ts";
import { spreadNames } from "./bridge/bridge-flags.ts";
import { createContext, type Host } from "./context.ts";
import { fromStricli } from "./exit-code.ts";

const NO_COLOR_FLAG = "--no-color";

/**
 * Runs `isthmus`.
 *
 * @param args The arguments after the program's name.
 * @param host The streams, environment, directory and signal to use.
 * @returns The exit code; everything that the user must know has been written.
 */
export async function runIsthmus(args: readonly string[], host: Host): Promise<number> {
  const end = args.indexOf("--");
  const flags = end === -1 ? args : args.slice(0, end);
  // Taken out here because it works before the command's name too, and for help and usage errors.
  const inputs = withCommand(
    args.filter((arg, index) => arg !== NO_COLOR_FLAG || (end !== -1 && index > end)),
  );
  const [command] = inputs;
  const spread = command === "bridge" ? spreadNames(inputs) : inputs;
  const app = await createApp(host.env, inputs);
  const helpCommand = helpCommandOf(app.root, inputs);
  const context = createContext(host, flags.includes(NO_COLOR_FLAG), helpCommand);
  await run(app, spread, context);
  return fromStricli(context.process.exitCode);
}

/**
 * Puts the default command in front of its flags. stricli's own `defaultCommand` is not used: with
 * it a mistyped command would be an argument of the demo, and nobody would be asked "did you mean".
 */
function withCommand(inputs: readonly string[]): readonly string[] {
  const first = inputs[0];
  const isNamed = first !== undefined && (!first.startsWith("-") || ROOT_FLAGS.has(first));
  return isNamed ? inputs : [DEFAULT_COMMAND, ...inputs];
}
