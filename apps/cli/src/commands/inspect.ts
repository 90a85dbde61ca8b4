/**
 * `isthmus inspect NAME`
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  listSegments,
  listUnreachable,
  observe,
  observeSchema,
  observeStruct,
  type SegmentInfo,
  type UnreachableSegment,
} from "@isthmus/ipc";
import type { Command } from "@stricli/core";
import { createBreather } from "../breather.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { assumed, type CommonFlags, optional, toggle } from "../flags.ts";
import { formatCount } from "../output/format.ts";
import { hexDump } from "../output/hex-dump.ts";
import { writeJsonLine } from "../output/json.ts";
import { jsonValue } from "../output/json-value.ts";
import { byteCount, parseName } from "../parsers.ts";
import { namedError } from "../segments/not-found-error.ts";
import { type Dump, findDumps, openDump } from "../segments/section-dump.ts";
import { isUnreachable, segmentRecord } from "../segments/segment-record.ts";
import { formatSegmentReport } from "../segments/segment-report.ts";
import { unreachableText } from "../segments/segment-text.ts";

interface InspectFlags extends CommonFlags {
  readonly hex: boolean;
  readonly section?: string;
  readonly limit: number;
}

/** The kinds of segments that say what their records are. */
const TYPED_KINDS: readonly string[] = ["struct", "channel", "topic", "service", "queue"];

/** How much of each section is dumped unless told otherwise, in bytes. */
const DEFAULT_LIMIT = 256;

/** Prints everything about one segment. */
async function runInspect(this: IsthmusContext, flags: InspectFlags, name: string): Promise<void> {
  const { process, style } = this;
  const { info, problem } = look(name);
  const isDumped = flags.hex || flags.section !== undefined;
  const dumps =
    isDumped && info && !isUnreachable(info) ? findDumps(info, flags.section, flags.limit) : [];
  if (info && flags.json) {
    const hex = isDumped ? { dumps: dumps.map((dump) => dumpRecord(info, dump)) } : {};
    const typed = problem === undefined && !isUnreachable(info) ? typedFields(info, name) : {};
    writeJsonLine(process.stdout, { ...segmentRecord(info), ...typed, ...hex });
  } else if (info) {
    if (problem === undefined) {
      const value =
        info.kind === "struct" && !isUnreachable(info) ? observeStruct(name) : undefined;
      process.stdout.write(formatSegmentReport(info, Date.now(), style.stdout, value));
    }
    for (const dump of dumps) await writeDump(this, info, dump);
  }
  if (info && !isUnreachable(info)) warnOfTwin(this, name);
  if (problem !== undefined) throw problem;
}

/** Says when others hold another segment of the same name, which cannot be opened any more. */
function warnOfTwin({ process, style }: IsthmusContext, name: string): void {
  const twin = findUnreachable(name);
  if (twin === undefined) return;
  const text = `Another segment of this name is ${unreachableText(twin)}`;
  process.stderr.write(`${style.stderr.red(text)}\n`);
}

function findUnreachable(name: string): UnreachableSegment | undefined {
  return listUnreachable().find((info) => info.name === name);
}

/** What the segment says of its records, and the value of a struct. */
function typedFields(info: SegmentInfo, name: string): Readonly<Record<string, unknown>> {
  if (!TYPED_KINDS.includes(info.kind)) return {};
  const { status, record, response } = observeSchema(name);
  const schema = {
    schema_status: status,
    schema: record?.canonical ?? null,
    response_schema: response?.canonical ?? null,
  };
  if (info.kind !== "struct") return schema;
  const { version, value, bytes, problem } = observeStruct(name);
  return {
    ...schema,
    version,
    value: value === undefined ? null : jsonValue(value),
    ...(value === undefined
      ? { value_base64: Buffer.from(bytes).toString("base64"), value_problem: problem ?? null }
      : {}),
  };
}

/** Observes a segment; of a damaged one, what can be said all the same. */
function look(name: string): { info: SegmentInfo | undefined; problem?: Error } {
  try {
    return { info: observe(name) };
  } catch (error) {
    if (!(error instanceof CorruptSegmentError)) {
      const unreachable = findUnreachable(name);
      if (unreachable !== undefined) return { info: unreachable };
      throw namedError(error, name);
    }
    return { info: listSegments().find((info) => info.name === name), problem: error };
  }
}

async function writeDump(
  { process, style, signal }: IsthmusContext,
  info: SegmentInfo,
  dump: Dump,
): Promise<void> {
  using bytes = openDump(info);
  const breathe = createBreather(signal);
  process.stdout.write(`\n${style.stdout.bold(`Section ${dump.section}`)}\n`);
  const end = dump.offset + dump.lengthBytes;
  for (const line of hexDump(bytes.read, dump.offset, end)) {
    process.stdout.write(`${line}\n`);
    await breathe();
  }
  const rest = dump.sectionBytes - dump.lengthBytes;
  if (rest > 0)
    process.stdout.write(style.stdout.dim(`… ${formatCount(rest)} more bytes: --limit 0\n`));
}

function dumpRecord(info: SegmentInfo, dump: Dump): Readonly<Record<string, unknown>> {
  using bytes = openDump(info);
  return {
    section: dump.section,
    offset_bytes: dump.offset,
    length_bytes: dump.lengthBytes,
    hex: Buffer.from(bytes.read(dump.offset, dump.lengthBytes)).toString("hex"),
  };
}

/** The definition of the command. */
export const inspect: Command<IsthmusContext> = defineCommand({
  run: runInspect,
  // biome-ignore format: a flag is a line.
  flags: {
    hex: toggle("Also dump the sections, as hexdump -C does"),
    section: optional("SECTION", String, "Dump only this section (its name or number); implies --hex"),
    limit: assumed(DEFAULT_LIMIT, "BYTES", byteCount(0), "Bytes to dump of each section; 0: all of it"),
  },
  positional: {
    kind: "tuple",
    parameters: [
      { brief: "A name, as isthmus ls prints it", placeholder: "NAME", parse: parseName },
    ],
  },
  docs: {
    brief: "Show one segment: header, participants, lock holder, flow, value, sections, bytes",
    fullDescription:
      "Shows the header, the sections, who takes part (and who died), who holds the lock since\n" +
      "when, of a channel, topic or service its lanes and what flows through them, of a queue its\n" +
      "jobs and who works on them, of a semaphore its permits, of a struct its value with the names\n" +
      "of its fields, and who waits where. It reads only: no process notices. Of a damaged file --hex\n" +
      "dumps the bytes all the same.",
    customUsage: [
      { input: "telemetry", brief: "everything but the bytes" },
      { input: "--hex --limit 64 telemetry", brief: "also 64 bytes of each section" },
      { input: "--section data --limit 0 telemetry", brief: "all of one section" },
      { input: "--json telemetry | jq .mutex.owner", brief: "who holds the lock" },
    ],
  },
});
