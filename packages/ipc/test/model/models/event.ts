/**
 * An event: those who set, reset and take it. Word 0 is its state.
 *
 * @module
 */
import { EVENT_BYTES, IS_SET } from "../../../src/sync/event-layout.ts";
import type { Actor, Model } from "../checker/model.ts";

/** The source under test. */
export type EventSource = typeof import("../../../src/sync/event-signal.ts");

type Signal = InstanceType<EventSource["EventSignal"]>;

/** What an actor does, once or, `"takes"`, twice. */
export type Part = "sets" | "sets and resets" | "resets" | "takes" | "waits";

const PROGRAMS: Readonly<Record<Part, (signal: Signal, actor: Actor) => void>> = {
  sets: (signal) => signal.set(),
  "sets and resets": (signal) => {
    signal.set();
    signal.reset();
  },
  resets: (signal) => signal.reset(),
  takes: (signal, { report }) => {
    for (let tries = 0; tries < 2; tries++) report(signal.take());
  },
  /** Waits as for a manual event: for its being set now, or its having been since. */
  waits: (signal, actor) => {
    const since = signal.settings;
    actor.report(since);
    while (!signal.hasBeenSet(since)) {
      const seen = actor.lookAt(0);
      if (signal.hasBeenSet(since)) break;
      actor.until("the event changes", (memory) => memory[0] !== seen);
    }
    actor.report("set");
  },
};

/** The model. @param start The state at first. */
export function event({ EventSignal }: EventSource, cast: readonly Part[], start = 0): Model {
  const resets = cast.some((part) => part.includes("resets"));
  return {
    name: `event, ${cast.join(" | ")}`,
    wordCount: EVENT_BYTES / 4,
    init: (words) => words.store(0, start),
    actors: cast.map((part, me) => ({
      name: `${me + 1}: ${part}`,
      body: (actor) => PROGRAMS[part](new EventSignal(actor.words, 0), actor),
    })),
    atEnd: ({ actors, memory }) => {
      const state = memory[0] as number;
      const wasSet = start & IS_SET;
      const settings = (((state >>> 1) - (start >>> 1)) & 0x7fff_ffff) + wasSet;
      const takes = actors
        .flatMap(({ reports }) => reports)
        .filter((taken) => taken === true).length;
      const isSet = state & IS_SET;
      if (takes + isSet > settings)
        return `set ${settings} times, taken ${takes} times, set ${isSet}`;
      if (!resets && takes + isSet < settings) return `set ${settings} times, taken ${takes} times`;
      const waiting = actors.find(
        ({ status, reports: [since] }) =>
          status === "blocked" && (isSet === 1 || since !== state >>> 1),
      );
      return waiting && `${waiting.name} still, although it has been set`;
    },
    nameOf: (index) => (index === 0 ? "state" : undefined),
  };
}
