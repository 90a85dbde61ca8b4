/**
 * `isthmus version`
 *
 * @module
 */
import { runtimeOf } from "@isthmus/core/internal";
import type { Command } from "@stricli/core";
import packageJson from "../../package.json" with { type: "json" };
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import type { CommonFlags } from "../flags.ts";
import { writeJsonLine } from "../output/json.ts";

/** The version of the package. */
export const VERSION: string = packageJson.version;

/** Prints the version alone, as `--version` does, or with what it runs on. */
async function runVersion(this: IsthmusContext, { json }: CommonFlags): Promise<void> {
  const { stdout } = this.process;
  if (!json) return stdout.write(`${VERSION}\n`);
  const { platform, arch } = process;
  const { key, version } = runtimeOf();
  writeJsonLine(stdout, { version: VERSION, [key]: version, platform, arch });
}

/** The definition of the command. */
export const versionCommand: Command<IsthmusContext> = defineCommand({
  run: runVersion,
  docs: {
    brief: "Print the version",
    fullDescription:
      "Prints the version, as --version does. With --json also what it runs on: the version of Bun,\n" +
      "Node.js or Deno, the system and the processor.",
    customUsage: [
      { input: "", brief: "the version alone" },
      { input: "--json", brief: "what belongs into a report of a fault" },
    ],
  },
});
