/**
 * What is here and is filled from the server.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { RelaySink } from "@isthmus/ipc/internal";
import { Journal, type JournalSchema } from "@isthmus/store";
import type { CheckedBridge } from "./bridge-options.ts";
import type { ServerConnection } from "./connection.ts";
import { JournalSink } from "./in/journal-sink.ts";
import { RingSink } from "./in/ring-sink.ts";
import type { InSink } from "./in/sink.ts";
import {
  type BridgeKind,
  type BridgeSchema,
  bridgeSchema,
  parseDescription,
} from "./stream/description.ts";
import { NameStream } from "./stream/name-stream.ts";
import { Positions } from "./stream/positions.ts";

/** What is filled, and how far that has come. */
export interface OpenedSink extends Disposable {
  readonly sink: InSink;
  readonly positions: Positions;
  readonly kind: BridgeKind;
}

/**
 * Opens what is to be filled.
 *
 * @returns Undefined when nobody has sent anything yet, and it has not been said what it should be.
 * @throws {CorruptSegmentError} When the records on the server are others.
 */
export async function openSink(
  options: CheckedBridge,
  connection: ServerConnection,
): Promise<OpenedSink | undefined> {
  const stream = new NameStream(connection, options.name);
  const info = await stream.info();
  const given = options.schema && bridgeSchema(options.schema);
  if (info === undefined) {
    if (given === undefined) return undefined;
    return open(options, given, options.kind ?? (options.role === "both" ? "topic" : "channel"));
  }
  const found =
    given === undefined
      ? parseDescription(options.name, info.config.description ?? "")
      : stream.check(info, given);
  const schema = given ?? found.schema;
  if (schema === undefined) {
    throw new NotSupportedError(
      `Cannot bridge "${options.name}": the schema of its records is too long for the server to say it; give it`,
    );
  }
  return open(options, schema, options.kind ?? (options.role === "both" ? "topic" : found.kind));
}

function open(options: CheckedBridge, known: BridgeSchema, kind: BridgeKind): OpenedSink {
  const { journal: path, name, capacityBytes } = options;
  if (path !== undefined) {
    const journal = Journal.open(path, { schema: known.schema as JournalSchema });
    const positions = Positions.inFile(`${path}.in`);
    return opened(new JournalSink(journal, known), positions, "journal");
  }
  if (kind === "journal") {
    throw new NotSupportedError(
      `Cannot bridge "${name}": its records come from a journal; name a directory for one with journal, or give kind "topic" or "channel"`,
    );
  }
  const here = kind === "deadLetters" && options.here === name ? `${name}.dead` : options.here;
  const positions = Positions.named(`${here}.bridge-in`);
  try {
    const records = { schema: known.schema, capacityBytes, lifetime: "persistent" } as const;
    const open = kind === "topic" ? RelaySink.topic : RelaySink.channel;
    const sink = new RingSink(open(here, records, positions.kept), known, here);
    return opened(sink, positions, kind === "topic" ? kind : "channel");
  } catch (error) {
    positions[Symbol.dispose]();
    throw error;
  }
}

function opened(sink: InSink, positions: Positions, kind: BridgeKind): OpenedSink {
  const dispose = (): void => {
    sink[Symbol.dispose]();
    positions[Symbol.dispose]();
  };
  return { sink, positions, kind, [Symbol.dispose]: dispose };
}
