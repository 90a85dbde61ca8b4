/**
 * What could come next on a command line.
 *
 * @module
 */
import { listSegments } from "@isthmus/ipc";
import { type Application, proposeCompletions } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { FILES } from "./completion-script.ts";
import { isRouteMap } from "./manual.ts";

/** A proposal and what it is. */
export interface Proposal {
  readonly text: string;
  readonly brief: string;
}

type App = Application<IsthmusContext>;
type Target = App["root"];

/** Where a value is asked for that is called so, the shell knows what there is. */
const FILE_VALUES = /^(?:FILE|DIR|PATH|JOURNAL|[A-Z]+\.[a-z]+)$/;
/** And so, one of the names in shared memory. */
const SEGMENT_VALUES = /^NAME$/;
const CONTROL = /\p{Cc}/u;

type Proposer = (partial: string) => readonly string[] | Promise<readonly string[]>;

interface Value {
  readonly placeholder?: string | undefined;
  proposeCompletions?: Proposer | undefined;
}

/**
 * Proposes what could come next.
 *
 * @param app The application.
 * @param words The words behind the program's name; the last one may have been begun only.
 * @param context What the commands would run in.
 * @returns The proposals; one that is {@link FILES} asks the shell for its own.
 */
export async function propose(
  app: App,
  words: readonly string[],
  context: IsthmusContext,
): Promise<Proposal[]> {
  teachValues(app.root);
  const partial = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const joined = /^(--[^=]+=)(.*)$/su.exec(partial);
  const [, start = "", value = partial] = joined ?? [];
  const inputs = joined === null ? [...before, partial] : [...before, start.slice(0, -1), value];
  const found = await proposeCompletions(app, inputs, context);
  const flags = found.filter(({ kind }) => kind === "argument:flag");
  const values = found.filter(({ kind }) => kind !== "argument:flag");
  const isFlag = joined === null && partial.startsWith("-");
  if (!isFlag && values.some(({ completion }) => completion === value + FILES)) {
    return [{ text: FILES, brief: "" }];
  }
  // Flags where one is begun, or where there can be nothing else: --help alone is there where a value has to be.
  const isNothingElse =
    joined === null && values.length === 0 && flags.length > Object.keys(app.integrations).length;
  const chosen = isFlag || isNothingElse ? flags : values;
  return chosen
    .filter(({ completion }) => completion !== "--" && !CONTROL.test(completion))
    .map(({ completion, brief }) => ({ text: start + completion, brief }));
}

/** Tells stricli what it cannot know: what the values are that a command has called by one of our words. */
function teachValues(target: Target): void {
  if (isRouteMap(target)) {
    for (const { target: inner } of target.getAllEntries()) teachValues(inner);
    return;
  }
  const { flags = {}, positional } = target.parameters;
  const places = positional?.kind === "array" ? [positional.parameter] : positional?.parameters;
  for (const value of [...Object.values(flags), ...(places ?? [])] as Value[]) {
    value.proposeCompletions ??= proposerOf(value.placeholder ?? "");
  }
}

function proposerOf(placeholder: string): Proposer {
  if (FILE_VALUES.test(placeholder)) return (partial) => [partial + FILES];
  if (SEGMENT_VALUES.test(placeholder)) return () => listSegments().map(({ name }) => name);
  return () => [];
}
