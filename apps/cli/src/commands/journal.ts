/**
 * `isthmus journal PATH [ACTION]`
 *
 * @module
 */
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { type CommonFlags, checkOwned, type OwnFlags, optional } from "../flags.ts";
import { ACTIONS, type Action, type ActionFlags, PERFORM } from "../journal/journal-actions.ts";
import { FROM_BRIEF, parseFromNow } from "../journal/journal-flags.ts";
import { oneOf, parseCount, wholeNumber } from "../parsers.ts";

interface JournalFlags extends CommonFlags, Omit<ActionFlags, "json"> {}

/** Which flags belong to which action alone. */
const OWN_FLAGS: OwnFlags<JournalFlags, Action> = {
  limit: "show",
  from: "export",
  count: "export",
  yes: "repair",
};

async function runJournal(
  this: IsthmusContext,
  flags: JournalFlags,
  path: string,
  action: Action = "show",
): Promise<void> {
  checkOwned(flags, OWN_FLAGS, action);
  await PERFORM[action](this, { path, flags });
}

/** The definition of the command. */
export const journal: Command<IsthmusContext> = defineCommand({
  run: runJournal,
  // biome-ignore format: a flag is a line.
  flags: {
    limit: optional("N", wholeNumber(0), "show: how many segments, the last ones (20); 0: all"),
    from: optional("SEQUENCE|TIME", parseFromNow, `export: ${FROM_BRIEF.charAt(0).toLowerCase()}${FROM_BRIEF.slice(1)}`),
    count: optional("N", parseCount, "export: end after so many records"),
    yes: { kind: "boolean", brief: "repair: without asking", optional: true, withNegated: false },
  },
  positional: {
    kind: "tuple",
    parameters: [
      { brief: "A journal's directory", placeholder: "PATH", parse: String },
      {
        brief: `What to do: ${ACTIONS.join(", ")} (show)`,
        placeholder: "ACTION",
        parse: oneOf(ACTIONS),
        proposeCompletions: () => ACTIONS,
        optional: true,
      },
    ],
  },
  docs: {
    brief: "Look into a journal on disk, verify, repair or export it",
    fullDescription:
      "show tells which records there are, of when, what they are, up to where they are on the disk,\n" +
      "and which files have them. verify reads all records and tells what is missing, damaged or torn:\n" +
      "exit code 1 when anything is missing or damaged. Both change nothing, and others may append\n" +
      "meanwhile. export prints one JSON object for each record, as isthmus replay does, at once.\n\n" +
      "repair makes damaged first pages of segments anew, from their names and records, keeps what\n" +
      "stood there in a file of its own, and clears what is torn behind the last record, which anybody\n" +
      "who opens the journal to append does, too. It asks before, or wants --yes. Records that are\n" +
      "damaged themselves are lost; they stay as they are, and readers are told of the gap.",
    customUsage: [
      { input: "orders.journal", brief: "which records there are, and where" },
      { input: "orders.journal verify", brief: "whether all of it is sound" },
      { input: "orders.journal repair --yes", brief: "mend what can be mended" },
      { input: "orders.journal export --from 1000 | jq .record", brief: "the records as JSON" },
    ],
  },
});
