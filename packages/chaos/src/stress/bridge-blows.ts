/**
 * What befalls a bridge in a storm: its ends and the server are killed and stopped, and the links cut.
 *
 * @module
 */
import type { NatsServer } from "@isthmus/programs/nats-server";
import type { SeededRandom } from "@isthmus/programs/seeded-random";
import type { BridgeEnd } from "./bridges.ts";

/** How long a server or a link is away. */
export const AWAY_MS_MAX = 200;

/** How often there was what. */
export interface StormBlows {
  bridge_kills: number;
  server_kills: number;
  torn_ends: number;
  cuts: number;
  stops: number;
}

/** What is struck. */
export interface BridgeTarget {
  readonly server: NatsServer;
  readonly ends: readonly BridgeEnd[];
  /** Where blows are counted. */
  readonly figures: StormBlows;
  readonly random: SeededRandom;
  /** Whether what the server has acknowledged is kept, so that it may lose it. */
  readonly isKept: boolean;
}

const BLOWS: readonly ((target: BridgeTarget) => Promise<void>)[] = [
  killEnd,
  killEnd,
  killServer,
  cut,
  stop,
];

/** Does one thing or the other; returns when it is over, though not mended. */
export async function strike(target: BridgeTarget): Promise<void> {
  await target.random.pick(BLOWS)(target);
}

async function killEnd({ ends, figures, random }: BridgeTarget): Promise<void> {
  const end = random.pick(ends);
  await end.process.kill();
  await Bun.sleep(random.below(AWAY_MS_MAX));
  end.begin();
  figures.bridge_kills++;
}

async function killServer({ server, figures, random, isKept }: BridgeTarget): Promise<void> {
  await server.kill();
  figures.server_kills++;
  // Only a journal can send again what a server has lost that had acknowledged it.
  if (isKept && random.oneIn(2) && server.tear()) figures.torn_ends++;
  await Bun.sleep(random.below(AWAY_MS_MAX));
  await server.restart();
}

async function cut({ ends, figures, random }: BridgeTarget): Promise<void> {
  const { link } = random.pick(ends);
  // Without a word to anybody, or with an error at once.
  if (random.oneIn(2)) link.freeze();
  else link.cut();
  await Bun.sleep(random.below(AWAY_MS_MAX));
  link.heal();
  figures.cuts++;
}

async function stop({ server, ends, figures, random }: BridgeTarget): Promise<void> {
  const victim = random.pick([...ends.map((end) => end.process), server]);
  victim.signal("SIGSTOP");
  await Bun.sleep(random.below(AWAY_MS_MAX));
  victim.signal("SIGCONT");
  figures.stops++;
}
