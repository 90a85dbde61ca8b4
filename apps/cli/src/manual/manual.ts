/**
 * All that help, the man page and completions tell, read from the routes themselves.
 *
 * @module
 */
import { type Application, type Command, type RouteMap, text_en } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";

/** A flag. */
export interface ManualFlag {
  /** Without the dashes, as one types it. */
  readonly name: string;
  /** Its letters, without a dash. */
  readonly aliases: readonly string[];
  /** What its value is called; undefined where it takes none. */
  readonly value: string | undefined;
  readonly brief: string;
  readonly default: string | undefined;
  readonly isRepeatable: boolean;
}

/** An argument. */
export interface ManualArgument {
  readonly name: string;
  readonly brief: string;
  readonly default: string | undefined;
}

/** A command line and what it does. */
export type Example = readonly [input: string, brief: string];

/** What there is to know of one command, or of a group of them. */
export interface ManualPage {
  /** What one types: `isthmus`, and the names of the command. */
  readonly path: readonly string[];
  readonly brief: string;
  readonly description: string;
  /** The words of the line of usage; a flag and its value are one. */
  readonly usage: readonly string[];
  readonly examples: readonly Example[];
  readonly arguments: readonly ManualArgument[];
  readonly flags: readonly ManualFlag[];
  /** The names below this one. */
  readonly commands: readonly (readonly [name: string, brief: string])[];
}

type App = Application<IsthmusContext>;
type Target = App["root"];
type Parameters = Command<IsthmusContext>["parameters"];
type Flag = NonNullable<Parameters["flags"]>[string];

const CASE = "convert-camel-to-kebab";
const FORMAT = { useAliasInUsageLine: false, onlyRequiredInUsageLine: false, caseStyle: CASE };

/** Whether a target is a group of commands. */
export function isRouteMap(target: Target): target is RouteMap<IsthmusContext> {
  return "getAllEntries" in target;
}

/**
 * Describes every command, groups before their members.
 *
 * @param app The application.
 * @param target Where to begin.
 * @param path The names that lead there.
 */
export function* manualPages(
  app: App,
  target: Target = app.root,
  path: readonly string[] = [app.config.name],
): Generator<ManualPage, void> {
  yield manualPage(app, target, path);
  if (!isRouteMap(target)) return;
  for (const { name, target: inner, hidden } of target.getAllEntries()) {
    if (!hidden) yield* manualPages(app, inner, [...path, name[CASE]]);
  }
}

/**
 * Describes one command, or one group.
 *
 * @param app The application.
 * @param target The command.
 * @param path The names that lead to it.
 */
export function manualPage(app: App, target: Target, path: readonly string[]): ManualPage {
  const own = isRouteMap(target) ? {} : target.parameters;
  const commands = isRouteMap(target) ? target.getAllEntries().filter(({ hidden }) => !hidden) : [];
  const { positional } = own;
  const places = positional?.kind === "array" ? [positional.parameter] : positional?.parameters;
  return {
    path,
    brief: target.brief,
    description: target.fullDescription ?? target.brief,
    usage: isRouteMap(target) ? [...path, "[COMMAND]", "[FLAGS]"] : usageWords(target, path),
    examples: isRouteMap(target) ? [] : examplesOf(target, path),
    arguments: (places ?? []).map((place, index) => ({
      name: place.placeholder ?? `arg${index + 1}`,
      brief: place.brief,
      default: place.default,
    })),
    flags: [...ownFlags(own), ...commonFlags(app, target)],
    commands: commands.map(({ name, target: inner }) => [name[CASE], inner.brief]),
  };
}

function ownFlags({ flags = {}, aliases = {} }: Parameters): ManualFlag[] {
  return Object.entries(flags)
    .filter(([, flag]) => !("hidden" in flag && flag.hidden))
    .map(([name, flag]) => ({
      name: kebab(name),
      aliases: Object.entries(aliases).flatMap(([letter, of]) => (of === name ? [letter] : [])),
      value: placeholderOf(flag),
      brief: flag.brief,
      default: defaultOf(flag),
      isRepeatable: "variadic" in flag && Boolean(flag.variadic),
    }));
}

/** The flags that integrations add: some to all, some to the root alone. */
function commonFlags({ integrations, root }: App, target: Target): ManualFlag[] {
  return Object.entries(integrations).flatMap(([name, { flag }]) => {
    if (flag === undefined || !(flag.global || target === root)) return [];
    const { brief, aliases = [] } = flag;
    const rest = { value: undefined, default: undefined, isRepeatable: false };
    return [{ name: kebab(name), aliases, brief, ...rest }];
  });
}

function placeholderOf(flag: Flag): string | undefined {
  if (flag.kind === "boolean" || flag.kind === "counter") return undefined;
  return flag.placeholder ?? (flag.kind === "enum" ? flag.values.join("|") : "VALUE");
}

/** What is assumed; nothing where that is as if the flag were not there. */
function defaultOf(flag: Flag): string | undefined {
  if (!("default" in flag) || flag.default === undefined || flag.default === false)
    return undefined;
  const text = String(flag.default);
  return text === "" ? undefined : text;
}

function usageWords(command: Command<IsthmusContext>, path: readonly string[]): string[] {
  const line = command.formatUsageLine({ prefix: path, config: FORMAT as never, ansiColor: false });
  // A flag in brackets is one word, with its value.
  return line.match(/[[(][^\])]*[\])]\S*|\S+/g) ?? [];
}

/** stricli keeps a command's examples to itself, and prints them as the first section of its help. */
function examplesOf(command: Command<IsthmusContext>, path: readonly string[]): Example[] {
  const args = { prefix: path, config: FORMAT as never, ansiColor: false };
  const help = command.formatHelp({
    ...args,
    text: text_en,
    additionalFlags: [],
    includeArgumentEscapeSequenceFlag: false,
    includeHidden: false,
  });
  const section = help.slice(0, help.indexOf("\n\n")).split("\n").slice(1);
  const examples: Example[] = [];
  for (const [index, line] of section.entries()) {
    const isBrief = line.startsWith("    ");
    const isUsage = line.trim() === command.formatUsageLine(args);
    if (isBrief || isUsage) continue;
    const next = section[index + 1] ?? "";
    examples.push([line.trim(), next.startsWith("    ") ? next.trim() : ""]);
  }
  return examples;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
