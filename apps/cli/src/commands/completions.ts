/**
 * `isthmus completions SHELL`
 *
 * @module
 */
import type { Command } from "@stricli/core";
import { COMMAND_NAME } from "../command-name.ts";
import type { CreateApp, IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import type { CommonFlags } from "../flags.ts";
import { completionScript, SHELLS } from "../manual/completion-script.ts";
import { propose } from "../manual/propose.ts";
import { writeJsonLine } from "../output/json.ts";
import { UsageError } from "../usage-error.ts";

/**
 * Defines the command.
 *
 * @param create Creates the application whose commands are completed, for a command line.
 */
export function createCompletions(create: CreateApp): Command<IsthmusContext> {
  async function runCompletions(
    this: IsthmusContext,
    { json }: CommonFlags,
    ...[name, ...words]: string[]
  ): Promise<void> {
    const { process, style } = this;
    const shell = SHELLS.find((one) => one === name);
    if (shell === undefined) {
      throw new UsageError(`There are completions for ${SHELLS.join(", ")}: received "${name}"`);
    }
    if (words.length > 0) {
      // The last word may be the beginning of another one.
      const app = await create(words.slice(0, -1));
      for (const { text, brief } of await propose(app, words, this)) {
        if (json) writeJsonLine(process.stdout, { text, brief });
        else process.stdout.write(brief === "" ? `${text}\n` : `${text}\t${brief}\n`);
      }
      return;
    }
    // `bunx isthmus` and the like are two words, and a shell completes what follows one.
    const isOneWord = !COMMAND_NAME.includes(" ");
    const program = isOneWord ? COMMAND_NAME : (await create([])).config.name;
    const script = completionScript(shell, program);
    if (json) writeJsonLine(process.stdout, { shell, program, script });
    else process.stdout.write(script);
    if (isOneWord) return;
    const hint = `These complete ${program}, which has to be in $PATH: bun add --global @isthmus/cli`;
    process.stderr.write(`${style.stderr.yellow(`isthmus completions: ${hint}`)}\n`);
  }

  return defineCommand({
    run: runCompletions,
    positional: {
      kind: "array",
      minimum: 1,
      parameter: {
        brief: `One of ${SHELLS.join(", ")}`,
        placeholder: "SHELL",
        parse: String,
        proposeCompletions: () => SHELLS,
      },
    },
    docs: {
      brief: "Print what makes a shell complete commands, flags and names",
      fullDescription:
        "Prints a script for bash, zsh or fish. It asks this very command for what could come next,\n" +
        "so that it is never out of date, and knows the names that live in shared memory now: with\n" +
        "words behind -- the proposals for the last of them are printed, a line for each.",
      customUsage: [
        { input: "bash >> ~/.bashrc", brief: "for every bash from now on" },
        { input: "zsh > ~/.zfunc/_isthmus", brief: "where ~/.zfunc is in $fpath" },
        { input: "fish > ~/.config/fish/completions/isthmus.fish", brief: "for every fish" },
        { input: "bash -- inspect ''", brief: "what could follow isthmus inspect" },
      ],
    },
  });
}
