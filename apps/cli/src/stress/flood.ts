/**
 * Very many records, with producers and consumers that are killed in between: chaos on channels whose records are
 * tallied.
 *
 * @module
 */
import { type ChaosOptions, runChaos, type Verdict } from "../chaos/run-chaos.ts";
import { FLOOD_STAGES } from "../chaos/stages.ts";
import { Tally } from "../chaos/tally.ts";

/** Nobody waits longer for a run than a day. */
const DURATION_MS_MAX = 24 * 3_600_000;
/** Long enough for a machine that does much else; whoever is stuck is so for ever. */
const PATIENCE_MS = 60_000;

/** How to go about it. */
export interface FloodOptions
  extends Pick<ChaosOptions, "seed" | "sabotage" | "signal" | "onSkip"> {
  /** After how many records it ends, those of all channels together. */
  readonly records: number;
  /** It does not end before so many processes were killed. */
  readonly leastKills: number;
  readonly onProgress: (delivered: number, kills: number) => void;
}

/** What came of it. */
export interface FloodResult {
  readonly verdict: Verdict;
  /** How many records were delivered, and how many of them came again because a consumer had died. */
  readonly delivered: number;
  readonly redelivered: number;
  /** How many producers there were, one after the other. */
  readonly streams: number;
}

/** Lets records flow until there were enough. */
export async function flood(options: FloodOptions): Promise<FloodResult> {
  const { seed, records, leastKills, sabotage, signal, onSkip, onProgress } = options;
  const totals = { delivered: 0, redelivered: 0, streams: 0 };
  using open = new DisposableStack();
  let tallies: Tally[] = [];
  let kills = 0;
  const delivered = (): number => tallies.reduce((sum, tally) => sum + tally.delivered, 0);
  const stages = FLOOD_STAGES.map((stage) => ({
    ...stage,
    judge: (...[testimonies, evidencePath]: Parameters<typeof stage.judge>) => {
      using tally = new Tally(evidencePath, stage.name);
      totals.delivered += tally.delivered;
      totals.redelivered += tally.redelivered;
      totals.streams += tally.streamCount;
      return stage.judge(testimonies, evidencePath);
    },
  }));
  const verdict = await runChaos({
    seed,
    durationMs: DURATION_MS_MAX,
    isEnough: (evidencePath) => {
      if (tallies.length === 0) {
        tallies = stages.map(({ name }) => open.use(new Tally(evidencePath, name)));
      }
      return delivered() >= records && kills >= leastKills;
    },
    patienceMs: PATIENCE_MS,
    stages,
    sabotage,
    isKept: false,
    signal,
    onSkip,
    onProgress: (counts) => {
      kills = counts.kills;
      onProgress(delivered(), kills);
    },
  });
  return { verdict, ...totals };
}
