/**
 * What a bridge sends with.
 *
 * @module
 */
import type { JetStreamClient } from "@nats-io/jetstream";
import type { BridgeGap } from "../bridge-gap.ts";
import type { BridgeHead } from "../bridge-head.ts";
import type { ServerConnection } from "../connection.ts";
import type { Description } from "../stream/description.ts";
import type { NameStream } from "../stream/name-stream.ts";
import type { Positions } from "../stream/positions.ts";
import type { OutSource } from "./out-source.ts";

/** What is needed of a stream to send to it. */
export interface SendingStream extends Pick<NameStream, "name" | "stream" | "lastOf" | "info"> {
  readonly client: Pick<JetStreamClient, "publish">;
}

/** What a bridge sends with. */
export interface OutboundParts {
  readonly connection: Pick<ServerConnection, "isConnected" | "maxPayload" | "watch">;
  readonly source: OutSource;
  readonly stream: SendingStream;
  /** Makes the stream where there is none. */
  readonly ensure: () => Promise<Description>;
  readonly positions: Pick<Positions, "get" | "set">;
  /** Random number of this bridge. */
  readonly bridge: bigint;
  /** How many bytes of records a message has at most. */
  readonly batchBytes: number;
  /** How many messages may be under way. */
  readonly window: number;
  /** Whether records are given up while the server is away, when half of the room is taken. */
  readonly isDropping: boolean;
  readonly head: Pick<BridgeHead, "counts" | "state" | "tell">;
  readonly onGap: (gap: BridgeGap) => void;
}
