/**
 * `isthmus gc`
 *
 * @module
 */
import { type CollectReport, collectSegments } from "@isthmus/ipc";
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { type CommonFlags, toggle } from "../flags.ts";
import { formatCountOf, formatSize } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { formatTable } from "../output/table.ts";

interface GcFlags extends CommonFlags {
  readonly dryRun: boolean;
}

/** Collects, and says what. */
async function runGc(this: IsthmusContext, { json, dryRun }: GcFlags): Promise<void> {
  const { process, style } = this;
  const report = collectSegments({ dryRun });
  const action = dryRun ? "would remove" : "removed";
  if (json) {
    for (const record of recordsOf(report, action)) writeJsonLine(process.stdout, record);
    return;
  }
  const { removed, kept } = report;
  const rows = removed.map(({ name, what, totalBytes }) => [
    dryRun ? style.stdout.yellow(action) : action,
    what,
    printable(name),
    formatSize(totalBytes),
  ]);
  for (const name of kept) rows.push(["kept", "segment", printable(name), "persistent"]);
  const lines = formatTable(rows, [], style.stdout.columns);
  for (const line of lines) process.stdout.write(`${line}\n`);
  const freedBytes = removed.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  const summary =
    removed.length === 0
      ? "Nothing is left over"
      : `${formatCountOf(removed.length, "file")}, ${formatSize(freedBytes)}`;
  process.stderr.write(`${style.stderr.dim(summary)}\n`);
}

/** The public records; their fields are a contract. */
function recordsOf(
  { removed, kept }: CollectReport,
  action: string,
): Readonly<Record<string, unknown>>[] {
  return [
    ...removed.map(({ name, what, totalBytes }) => ({
      name,
      what,
      action: action.replace(" ", "_"),
      total_bytes: totalBytes,
    })),
    ...kept.map((name) => ({ name, what: "segment", action: "kept" })),
  ];
}

/** The definition of the command. */
export const gc: Command<IsthmusContext> = defineCommand({
  run: runGc,
  // biome-ignore format: a flag is a line.
  flags: {
    dryRun: toggle("Only print what would be removed"),
  },
  docs: {
    brief: "Remove what crashes left behind: segments and pipes of dead processes",
    fullDescription:
      "Removes what nobody holds, by the kernel's word and not by age: segments, creations\n" +
      "that never came to their end, pipes of dead processes. Persistent segments stay and are\n" +
      "listed; isthmus rm removes them. Files that are no segments stay.",
    customUsage: [
      { input: "", brief: "collect" },
      { input: "--dry-run", brief: "only look" },
      { input: "--json | jq -s 'map(.total_bytes) | add'", brief: "how much it freed" },
    ],
  },
});
