/**
 * What `isthmus cache NAME ACTION` does.
 *
 * @module
 */
import type { IsthmusContext } from "../context.ts";
import { writeJsonLine } from "../output/json.ts";
import { jsonValue } from "../output/json-value.ts";
import { printable } from "../output/printable.ts";
import { operandInput } from "../output/record-input.ts";
import { wrap } from "../output/wrap.ts";
import { infoRecord } from "../segments/info-record.ts";
import { NotFoundError } from "../segments/not-found-error.ts";
import { indent, pairs } from "../segments/segment-report.ts";
import { heldText } from "../segments/segment-text.ts";
import { storeRows } from "../segments/store-report.ts";
import { UsageError } from "../usage-error.ts";
import { lookAtCache, openCache } from "./open-cache.ts";

/** What an action may be told. */
export interface ActionFlags {
  readonly json: boolean;
  readonly prefix?: string;
  readonly ttlMs?: number;
}

/** An action, and what it is asked to do. */
export interface ActionCall {
  readonly name: string;
  readonly flags: ActionFlags;
  readonly operands: readonly string[];
}

/** What there is to do with a cache. */
export const ACTIONS = ["get", "set", "delete", "keys", "stats", "clear"] as const;

/** One of them. */
export type Action = (typeof ACTIONS)[number];

/** Does it, and says what was found or done. */
export const PERFORM: Readonly<
  Record<Action, (context: IsthmusContext, call: ActionCall) => void | Promise<void>>
> = { get, set, delete: remove, keys, stats, clear };

function get({ process }: IsthmusContext, { name, flags, operands }: ActionCall): void {
  const [key] = exactly(operands, "KEY");
  using open = openCache(name);
  const value = open.cache.get(key);
  if (value === undefined) throw missing(name, key);
  const { stdout } = process;
  if (open.mode === "bytes") {
    const content = value as Uint8Array;
    if (flags.json) {
      const encoded = Buffer.from(content).toString("base64");
      writeJsonLine(stdout, { cache: name, key, value_base64: encoded });
    } else {
      const text = textOf(content, key);
      stdout.write(stdout.isTTY ? `${text.split("\n").map(printable).join("\n")}\n` : text);
    }
  } else if (flags.json) writeJsonLine(stdout, { cache: name, key, value: jsonValue(value) });
  else stdout.write(`${JSON.stringify(jsonValue(value))}\n`);
}

function set({ process }: IsthmusContext, { name, flags, operands }: ActionCall): void {
  const [key, text] = exactly(operands, "KEY", "VALUE");
  using open = openCache(name);
  const { ttlMs } = flags;
  const { mode, struct } = open;
  const all = "the values of this cache";
  const kind = { isBytes: mode === "bytes", struct, what: "The value", all };
  const value = operandInput(kind, text);
  open.cache.set(key, value as never, ttlMs === undefined ? {} : { ttlMs });
  if (flags.json) writeJsonLine(process.stdout, { cache: name, key, set: true });
}

function remove({ process }: IsthmusContext, { name, flags, operands }: ActionCall): void {
  const [key] = exactly(operands, "KEY");
  using open = openCache(name);
  if (!open.cache.delete(key)) throw missing(name, key);
  if (flags.json) writeJsonLine(process.stdout, { cache: name, key, deleted: true });
}

async function keys(
  { process, signal }: IsthmusContext,
  { name, flags, operands }: ActionCall,
): Promise<void> {
  exactly(operands);
  const { prefix = "" } = flags;
  using open = openCache(name);
  for (const key of open.cache.keys()) {
    signal.throwIfAborted();
    if (!key.startsWith(prefix)) continue;
    if (flags.json) writeJsonLine(process.stdout, { key });
    else process.stdout.write(`${printable(key)}\n`);
    await process.stdout.drained();
  }
}

/** Reads only, and opens nothing. */
function stats({ process, style }: IsthmusContext, { name, flags, operands }: ActionCall): void {
  exactly(operands);
  const info = lookAtCache(name);
  if (flags.json) {
    const { isPersistent: persistent, cache } = info;
    writeJsonLine(process.stdout, { name, persistent, ...infoRecord(cache) });
    return;
  }
  const rows = [
    ["persistent", info.isPersistent ? "yes" : "no"],
    ["held", heldText(info, style.stdout)],
    ...(storeRows(info, style.stdout)?.rows ?? []),
  ];
  const lines = [style.stdout.bold(printable(name)), ...indent(pairs(rows, style.stdout))];
  process.stdout.write(`${wrap(lines.join("\n"), style.stdout.columns)}\n`);
}

function clear({ process }: IsthmusContext, { name, flags, operands }: ActionCall): void {
  exactly(operands);
  using open = openCache(name);
  open.cache.clear();
  if (flags.json) writeJsonLine(process.stdout, { cache: name, cleared: true });
}

function missing(name: string, key: string): NotFoundError {
  return new NotFoundError(`${JSON.stringify(name)} has no value for ${JSON.stringify(key)}`);
}

function textOf(content: Uint8Array, key: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch (error) {
    const what = `The value of ${JSON.stringify(key)} has ${content.length} bytes that are no text`;
    throw new TypeError(`${what}; --json prints them in base64`, { cause: error });
  }
}

/** The operands, when there are as many as there must be. */
function exactly<Names extends readonly string[]>(
  operands: readonly string[],
  ...names: Names
): { readonly [Index in keyof Names]: string } {
  const lacking = names[operands.length];
  if (lacking !== undefined) throw new UsageError(`${lacking} is missing`);
  const extra = operands[names.length];
  if (extra !== undefined) throw new UsageError(`There is nothing to do with "${extra}"`);
  return operands as never;
}
