/**
 * What is here and goes to the server.
 *
 * @module
 */
import { NotSupportedError, SystemError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import {
  bytes,
  type ChannelSchema,
  json,
  observe,
  observeSchema,
  type SegmentInfo,
  WorkQueue,
} from "@isthmus/ipc";
import { RelaySource } from "@isthmus/ipc/internal";
import { Journal, type JournalSchema } from "@isthmus/store";
import type { CheckedBridge } from "./bridge-options.ts";
import { DeadSource } from "./out/dead-source.ts";
import { JournalSource } from "./out/journal-source.ts";
import type { OutSource } from "./out/out-source.ts";
import { RingSource } from "./out/ring-source.ts";
import { type BridgeKind, type BridgeSchema, bridgeSchema } from "./stream/description.ts";
import { Positions } from "./stream/positions.ts";
import { hex } from "./stream/subjects.ts";

/** A source, what it is, and how far it has come. */
export interface OpenedSource extends Disposable {
  readonly source: OutSource;
  readonly positions: Positions;
  readonly schema: BridgeSchema;
  readonly kind: BridgeKind;
}

/**
 * Opens what is to be sent.
 *
 * @returns Undefined when there is nothing of the name and it has not been said what it should be.
 */
export function openSource(options: CheckedBridge): OpenedSource | undefined {
  return options.kind === "journal" ? openJournal(options) : openNamed(options);
}

function openJournal({ journal: path = "", schema }: CheckedBridge): OpenedSource {
  const found = schema ?? schemaOfJournal(path);
  const journal = Journal.open(path, { schema: found as JournalSchema });
  const known = bridgeSchema(found);
  const positions = Positions.inFile(`${path}.out`);
  return opened(new JournalSource(journal, known), positions, known, "journal");
}

function schemaOfJournal(path: string): ChannelSchema {
  using journal = Journal.open(path, { access: "read" });
  return journal.schema;
}

function openNamed(options: CheckedBridge): OpenedSource | undefined {
  const { here, spill, role, isGating, capacityBytes } = options;
  const info = lookAt(here);
  const kind = options.kind ?? (info === undefined ? undefined : kindOf(info));
  const schema = options.schema ?? (info && schemaOfSegment(info));
  if (schema === undefined) return undefined;
  const known = bridgeSchema(schema);
  const lifetime = "persistent";
  const records = { schema, capacityBytes, lifetime } as const;
  const place =
    spill === undefined
      ? () => Positions.named(`${here}.bridge-out`)
      : () => Positions.inFile(`${spill}.out`);
  if (role === "both" || kind === "topic") {
    const source = new RingSource(RelaySource.topic(here, records, isGating));
    return opened(source, place(), known, "topic");
  }
  if (kind === "deadLetters") {
    if (info === undefined) return undefined;
    const queue = WorkQueue.openExisting(here, { schema });
    const positions = place();
    const source = new DeadSource(queue, known, BigInt(`0x${info.epoch}`), positions);
    return opened(source, positions, known, kind);
  }
  return opened(new RingSource(RelaySource.channel(here, records)), place(), known, "channel");
}

function opened(
  source: OutSource,
  positions: Positions,
  schema: BridgeSchema,
  kind: BridgeKind,
): OpenedSource {
  const dispose = (): void => {
    source[Symbol.dispose]();
    positions[Symbol.dispose]();
  };
  return { source, positions, schema, kind, [Symbol.dispose]: dispose };
}

function lookAt(name: string): SegmentInfo | undefined {
  try {
    return observe(name);
  } catch (error) {
    if (error instanceof SystemError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function kindOf({ name, kind }: SegmentInfo): BridgeKind {
  if (kind === "channel" || kind === "topic") return kind;
  if (kind === "queue") return "deadLetters";
  throw new NotSupportedError(
    `Cannot bridge "${name}": it is a ${kind}; channels, topics, the dead letters of queues, and journals go out`,
  );
}

function schemaOfSegment({ name, fingerprint }: SegmentInfo): ChannelSchema {
  const { record } = observeSchema(name);
  if (record !== undefined) return record;
  const found = [bytes, json].find(
    (each) => hex(bridgeSchema(each).shape.fingerprint) === fingerprint,
  );
  if (found !== undefined) return found;
  throw conditionError(
    "EINVAL",
    `bridge "${name}": it does not say what its records are; give their schema`,
    "open",
  );
}
