/**
 * `isthmus ls`
 *
 * @module
 */

import { directoryPath } from "@isthmus/core/internal";
import { listSegments, listUnreachable, type SegmentInfo } from "@isthmus/ipc";
import type { Command } from "@stricli/core";
import { COMMAND_NAME } from "../command-name.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import type { CommonFlags } from "../flags.ts";
import { formatCount } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { segmentRecord } from "../segments/segment-record.ts";
import { formatSegmentTable, isLeftOver } from "../segments/segment-table.ts";

const UNREACHABLE =
  "Unreachable: the file was removed or replaced under its holders; who opens the name comes to another one";

function byName(one: SegmentInfo, two: SegmentInfo): number {
  return one.name < two.name ? -1 : Number(one.name > two.name);
}

/** Lists every name. */
async function runLs(this: IsthmusContext, flags: CommonFlags): Promise<void> {
  const { process, style } = this;
  const unreachable = listUnreachable();
  const segments = [...listSegments(), ...unreachable].sort(byName);
  if (flags.json) {
    for (const info of segments) writeJsonLine(process.stdout, segmentRecord(info));
    return;
  }
  if (segments.length === 0) {
    process.stderr.write(`${style.stderr.dim(`Nothing has a name in ${directoryPath()}`)}\n`);
    return;
  }
  process.stdout.write(formatSegmentTable(segments, Date.now(), style.stdout));
  if (unreachable.length > 0) process.stderr.write(`${style.stderr.red(UNREACHABLE)}\n`);
  const leftOver = segments.filter(isLeftOver).length;
  if (leftOver === 0) return;
  const hint = `${formatCount(leftOver)} left over from crashes: ${COMMAND_NAME} gc removes them`;
  process.stderr.write(`${style.stderr.yellow(hint)}\n`);
}

/** The definition of the command. */
export const ls: Command<IsthmusContext> = defineCommand({
  run: runLs,
  docs: {
    brief: "List what lives in shared memory, who holds it and who has died",
    fullDescription:
      "One line for each name in the directory of named memory ($ISTHMUS_DIR, or the user's\n" +
      "own): kind, size, whether anybody holds it, participants, holder of the lock, age.\n" +
      "It reads only: no process notices, and it works when all of them have died.",
    customUsage: [
      { input: "", brief: "a table of all names" },
      { input: "--json | jq -r 'select(.held == false).name'", brief: "names nobody holds" },
      { input: "--json | jq 'select(.participants_dead > 0)'", brief: "where somebody died" },
    ],
  },
});
