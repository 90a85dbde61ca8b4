/**
 * How a command is defined: what it runs, its own flags, its operands, and what is said about it.
 *
 * @module
 */
import {
  buildCommand,
  type Command,
  type CommandBuilderArguments,
  type TypedPositionalParameters,
} from "@stricli/core";
import type { IsthmusContext } from "./context.ts";
import { COMMON_FLAGS, type CommonFlags, type Flags } from "./flags.ts";
import { type CommandFunction, guarded } from "./guarded.ts";

/** stricli's definition of a command. */
type Built<A extends readonly unknown[]> = CommandBuilderArguments<
  CommonFlags & Readonly<Record<string, unknown>>,
  A,
  IsthmusContext
>;

/** What is known of a command. */
export interface CommandDefinition<F extends CommonFlags, A extends readonly unknown[]> {
  /** Free to throw and to set `this.process.exitCode`. */
  readonly run: CommandFunction<F, A>;
  /** Those that it has beside `--json` and `--no-color`. */
  readonly flags?: NoInfer<Flags<Omit<F, keyof CommonFlags>>>;
  readonly positional?: NoInfer<TypedPositionalParameters<A, IsthmusContext>>;
  readonly docs: Built<A>["docs"];
}

/** Defines a command. */
export function defineCommand<F extends CommonFlags, A extends readonly unknown[]>({
  run,
  flags,
  positional,
  docs,
}: CommandDefinition<F, A>): Command<IsthmusContext> {
  const parameters = { flags: { ...COMMON_FLAGS, ...flags }, ...(positional && { positional }) };
  // That they fit is said by the type of the definition.
  return buildCommand({ func: guarded(run), parameters, docs } as unknown as Built<A>);
}
