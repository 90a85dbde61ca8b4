/**
 * The `--help` flag: examples first, exit codes last.
 *
 * @module
 */
import type { StricliIntegration } from "@stricli/core";
import { COMMAND_NAME } from "../command-name.ts";
import type { IsthmusContext } from "../context.ts";
import { EXIT_CODE_HELP } from "../exit-code.ts";
import { formatTable } from "./table.ts";

/** A command line and what it does. */
export type Example = readonly [input: string, brief: string];

/**
 * Builds the help flag. A command's own examples are the `customUsage` of its definition, which
 * stricli prints at the top; the root has no such thing, so its examples are given here.
 *
 * @param rootExamples What `isthmus --help` begins with.
 * @returns A stricli integration.
 */
export function help(rootExamples: readonly Example[]): StricliIntegration<IsthmusContext> {
  return {
    flag: {
      brief: "Print this help and exit",
      aliases: ["h"],
      global: true,
      defaultForRouteMap: true,
      async run(app, { text, ansiColorByStream, result, additionalFlags }) {
        const ansiColor = ansiColorByStream.stdout;
        const section = (title: string, rows: readonly (readonly string[])[]): string => {
          const head = ansiColor ? `\x1b[4m${title}\x1b[24m` : title;
          return [head, ...formatTable(rows).map((line) => `  ${line}`), ""].join("\n");
        };
        const body = result.target.formatHelp({
          prefix: result.prefix,
          additionalFlags,
          includeArgumentEscapeSequenceFlag: app.config.scanner.allowArgumentEscapeSequence,
          includeHidden: false,
          config: {
            caseStyle: "convert-camel-to-kebab",
            useAliasInUsageLine: false,
            onlyRequiredInUsageLine: false,
          },
          aliases: result.aliases["convert-camel-to-kebab"],
          text,
          ansiColor,
        });
        const rows = rootExamples.map(([input, brief]) => [named(input), brief]);
        const examples = result.target === app.root ? `${section("EXAMPLES", rows)}\n` : "";
        const codes = EXIT_CODE_HELP.map(([code, meaning]) => [String(code), meaning]);
        // An example without arguments leaves a space at the end of its line.
        const page = `${examples}${named(body)}\n${section("EXIT CODES", codes)}`;
        this.process.stdout.write(page.replace(/ +$/gm, ""));
      },
    },
  };
}

/** Puts what the command is called here in the place of its name. */
function named(text: string): string {
  return text.replace(/\bisthmus(?=\s|$)/g, COMMAND_NAME);
}
