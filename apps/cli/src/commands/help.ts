/**
 * `isthmus help [COMMAND…]`
 *
 * @module
 */
import { type Command, run } from "@stricli/core";
import type { CreateApp, IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { type CommonFlags, toggle } from "../flags.ts";
import { formatManPage } from "../manual/man-page.ts";
import { isRouteMap, type ManualPage, manualPages } from "../manual/manual.ts";
import { writeJsonLine } from "../output/json.ts";
import { UsageError } from "../usage-error.ts";
import { VERSION } from "./version.ts";

interface HelpFlags extends CommonFlags {
  readonly man: boolean;
}

/**
 * Defines the command.
 *
 * @param create Creates the application whose commands it explains, for a command line.
 */
export function createHelp(create: CreateApp): Command<IsthmusContext> {
  async function runHelp(
    this: IsthmusContext,
    flags: HelpFlags,
    ...names: string[]
  ): Promise<void> {
    const app = await create(names);
    const all = [...manualPages(app)];
    const known = all.map((page) => page.path.slice(1).join(" "));
    const surplus = surplusOf(names, known);
    if (surplus !== undefined) {
      throw new UsageError(
        `Behind "${names.slice(0, surplus).join(" ")}" there is no command ${JSON.stringify(names[surplus])}`,
      );
    }
    // The same words, also of what does not exist, as after the command itself.
    if (!flags.man && !flags.json) return await run(app, [...names, "--help"], this);
    const path = [app.config.name, ...names];
    const pages = all.filter((page) => path.every((name, index) => page.path[index] === name));
    if (pages.length === 0) throw new UsageError(`There is no command ${names.join(" ")}`);
    if (flags.man) this.process.stdout.write(formatManPage(pages, VERSION));
    else for (const page of pages) writeJsonLine(this.process.stdout, recordOf(page));
  }

  return defineCommand({
    run: runHelp,
    // biome-ignore format: a flag is a line.
    flags: {
      man: toggle("Print a man page instead: of everything, or of one command"),
    },
    positional: {
      kind: "array",
      parameter: {
        brief: "The name of a command; without one: what there is",
        placeholder: "COMMAND",
        parse: String,
        proposeCompletions: async () => {
          const { root } = await create([]);
          const entries = isRouteMap(root) ? root.getAllEntries() : [];
          return entries.filter(({ hidden }) => !hidden).map(({ name }) => name.original);
        },
      },
    },
    docs: {
      brief: "Explain a command, or all of them; write the man page",
      fullDescription:
        "Prints what --help prints after the command. With --json one object for each command: its\n" +
        "path, usage, arguments, flags and examples. The man page is made from the same source.",
      customUsage: [
        { input: "producer", brief: "as isthmus producer --help" },
        { input: "--man | man -l -", brief: "the whole manual" },
        {
          input: "--man > ~/.local/share/man/man1/isthmus.1",
          brief: "so that man isthmus finds it",
        },
        { input: "--json | jq -r '.command'", brief: "the names of all commands" },
      ],
    },
  });
}

/** Which of some words is none of a command that the words before it name; undefined when there is no such command, or no such word. */
function surplusOf(names: readonly string[], known: readonly string[]): number | undefined {
  for (let count = names.length; count > 0; count--) {
    if (known.includes(names.slice(0, count).join(" "))) {
      return count < names.length ? count : undefined;
    }
  }
  return undefined;
}

/** The public record; its fields are a contract. */
function recordOf(page: ManualPage): Readonly<Record<string, unknown>> {
  const { path, brief, description, usage, examples, flags } = page;
  return {
    command: path.join(" "),
    brief,
    description: description.replace(/\s*\n\s*/g, " "),
    usage: usage.join(" "),
    arguments: page.arguments,
    flags: flags.map(({ name, aliases, value, brief: text, default: assumed, isRepeatable }) => ({
      name: `--${name}`,
      aliases: aliases.map((letter) => `-${letter}`),
      value: value ?? null,
      brief: text,
      default: assumed ?? null,
      repeatable: isRepeatable,
    })),
    examples: examples.map(([input, what]) => ({ input, brief: what })),
  };
}
