/**
 * `isthmus help [COMMAND…]`
 *
 * @module
 */
import { type Application, buildCommand, type Command, run } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../flags.ts";
import { guarded } from "../guarded.ts";
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
export function createHelp(
  create: (inputs: readonly string[]) => Application<IsthmusContext>,
): Command<IsthmusContext> {
  async function runHelp(
    this: IsthmusContext,
    flags: HelpFlags,
    ...names: string[]
  ): Promise<void> {
    const app = create(names);
    // The same words, also of what does not exist, as after the command itself.
    if (!flags.man && !flags.json) return await run(app, [...names, "--help"], this);
    const path = [app.config.name, ...names];
    const pages = [...manualPages(app)].filter((page) =>
      path.every((name, index) => page.path[index] === name),
    );
    if (pages.length === 0) throw new UsageError(`There is no command ${names.join(" ")}`);
    if (flags.man) this.process.stdout.write(formatManPage(pages, VERSION));
    else for (const page of pages) writeJsonLine(this.process.stdout, recordOf(page));
  }

  return buildCommand<HelpFlags, string[], IsthmusContext>({
    func: guarded(runHelp),
    parameters: {
      flags: {
        ...COMMON_FLAGS,
        man: {
          kind: "boolean",
          brief: "Print a man page instead: of everything, or of one command",
          default: false,
          withNegated: false,
        },
      },
      positional: {
        kind: "array",
        parameter: {
          brief: "The name of a command; without one: what there is",
          placeholder: "COMMAND",
          parse: String,
          proposeCompletions: () => {
            const { root } = create([]);
            const entries = isRouteMap(root) ? root.getAllEntries() : [];
            return entries.filter(({ hidden }) => !hidden).map(({ name }) => name.original);
          },
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
