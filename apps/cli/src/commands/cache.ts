/**
 * `isthmus cache NAME [ACTION]`
 *
 * @module
 */
import type { Command } from "@stricli/core";
import { ACTIONS, type Action, type ActionFlags, PERFORM } from "../cache/cache-actions.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { type CommonFlags, checkOwned, type OwnFlags, optional } from "../flags.ts";
import { oneOf, parseName, TIMEOUT_MS_MAX, wholeNumber } from "../parsers.ts";

interface CacheFlags extends CommonFlags, Omit<ActionFlags, "json"> {}

/** Which flags belong to which action alone. */
const OWN_FLAGS: OwnFlags<CacheFlags, Action> = { prefix: "keys", ttlMs: "set" };

async function runCache(
  this: IsthmusContext,
  flags: CacheFlags,
  name: string,
  action: Action = "stats",
  key?: string,
  value?: string,
): Promise<void> {
  checkOwned(flags, OWN_FLAGS, action);
  const operands = [key, value].filter((operand) => operand !== undefined);
  await PERFORM[action](this, { name, flags, operands });
}

/** The definition of the command. */
export const cache: Command<IsthmusContext> = defineCommand({
  run: runCache,
  // biome-ignore format: a flag is a line.
  flags: {
    prefix: optional("TEXT", String, "keys: only those that begin so"),
    ttlMs: optional("MS", wholeNumber(1, TIMEOUT_MS_MAX), "set: how long the value is good (for ever)"),
  },
  positional: {
    kind: "tuple",
    parameters: [
      { brief: "A cache, as isthmus ls prints it", placeholder: "NAME", parse: parseName },
      {
        brief: `What to do: ${ACTIONS.join(", ")} (stats)`,
        placeholder: "ACTION",
        parse: oneOf(ACTIONS),
        proposeCompletions: () => ACTIONS,
        optional: true,
      },
      { brief: "For get, set and delete", placeholder: "KEY", parse: String, optional: true },
      { brief: "For set", placeholder: "VALUE", parse: String, optional: true },
    ],
  },
  docs: {
    brief: "Look into a cache that processes share, and change it",
    fullDescription:
      "get prints the value of a key, set sets it, delete forgets it; keys lists the keys with fresh\n" +
      "values, clear forgets them all. stats, which reads only, prints what all users have counted.\n\n" +
      "What values are stands in the cache: JSON, structs as JSON (64-bit numbers as strings, bytes in\n" +
      "base64), or bytes, which are given and printed as text, with --json in base64.\n" +
      "A key without a fresh value is not found: exit code 3.",
    customUsage: [
      { input: "pages", brief: "hits, misses, evictions, bytes" },
      { input: "pages get /about", brief: "one value" },
      { input: 'pages set /about \'{"html":"<h1>"}\' --ttl-ms 60000', brief: "good for a minute" },
      { input: "pages keys --prefix user:", brief: "some of the keys" },
      { input: "--json pages stats | jq .hit_ratio", brief: "how often it is of use" },
    ],
  },
});
