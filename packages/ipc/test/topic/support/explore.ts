/**
 * Every way in which one side can act between two steps of the other, one interruption at a time.
 *
 * @module
 */
import {
  type Kind,
  type RingSource,
  type RingSubscriber,
  RingWorld,
  type Style,
} from "./ring-world.ts";

const LENGTHS: Readonly<Record<Kind, number>> = { fixed: 8, bytes: 256 };
const STYLES: readonly Style[] = [
  { isGating: true, isHistory: false },
  { isGating: true, isHistory: true },
  { isGating: false, isHistory: false },
  { isGating: false, isHistory: true },
];
/** Just before positions change their sign, and before they leave 32 bits. */
const STARTS = [0, 2 ** 31 - 6, 2 ** 32 - 6];
const BURSTS = [1, 3, 9, 40];
/** No operation has more steps. */
const STEPS_MAX = 20_000;

/** Does something that something else comes in between. */
type Interrupt = (action: () => void, operation: () => void) => void;

/** One run: what happens first, and what is interrupted by what. Returns who is to be looked at. */
interface Scene {
  readonly run: (world: RingWorld, style: Style, interrupt: Interrupt) => void;
  readonly name: string;
}

/** Reads all that there is, and says what is wrong with it. */
function judge(world: RingWorld, subscriber: RingSubscriber, isExact: boolean): string[] {
  const { account, joinedAt } = subscriber;
  // Lapped once more between two looks, the next one finds the rest.
  for (let look = 0; look < 4; look++) subscriber.read();
  const wrong = [...account.mistakes];
  if (account.received > 0 && account.next !== world.sent) {
    wrong.push(`ends at ${account.next} instead of ${world.sent}`);
  }
  const seen = account.received + subscriber.lost;
  if (isExact && seen !== world.sent - joinedAt) {
    wrong.push(`${account.received} + ${subscriber.lost} of ${world.sent - joinedAt}`);
  }
  if (subscriber.reading.corruptions > 0) wrong.push("corruption");
  return wrong;
}

function scenesOf(burst: number, wrong: string[]): Scene[] {
  const joined = (world: RingWorld, style: Style): RingSubscriber =>
    world.join(3, { ...style, isHistory: false });
  return [
    {
      name: "reading, interrupted by sending",
      run: (world, style, interrupt) => {
        world.send(12);
        const subscriber = joined(world, style);
        world.send(5);
        interrupt(
          () => world.send(burst),
          () => {
            subscriber.read(3);
            subscriber.read();
          },
        );
        wrong.push(...judge(world, subscriber, true));
      },
    },
    {
      name: "reading when lapped, interrupted by sending",
      run: (world, style, interrupt) => {
        const subscriber = joined(world, style);
        world.send(60);
        interrupt(
          () => world.send(burst),
          () => subscriber.read(),
        );
        wrong.push(...judge(world, subscriber, true));
      },
    },
    {
      name: "sending, interrupted by joining, and then a successor",
      run: (world, style, interrupt) => {
        world.send(13);
        let subscriber: RingSubscriber | undefined;
        interrupt(
          () => {
            subscriber = world.join(35, style);
          },
          () => world.send(1),
        );
        world.succeed()(burst);
        if (subscriber !== undefined) wrong.push(...judge(world, subscriber, false));
      },
    },
    {
      name: "sending, interrupted by reading",
      run: (world, style, interrupt) => {
        const subscriber = joined(world, style);
        world.send(6);
        interrupt(
          () => subscriber.read(),
          () => world.send(burst),
        );
        wrong.push(...judge(world, subscriber, true));
      },
    },
    {
      name: "sending, interrupted by joining",
      run: (world, style, interrupt) => {
        world.send(13);
        let subscriber: RingSubscriber | undefined;
        interrupt(
          () => {
            subscriber = world.join(35, style);
          },
          () => world.send(burst),
        );
        world.send(40);
        if (subscriber !== undefined) wrong.push(...judge(world, subscriber, false));
      },
    },
    {
      name: "joining, interrupted by sending",
      run: (world, style, interrupt) => {
        world.send(13);
        let subscriber: RingSubscriber | undefined;
        interrupt(
          () => world.send(burst),
          () => {
            subscriber = world.join(35, style);
          },
        );
        world.send(40);
        if (subscriber !== undefined) wrong.push(...judge(world, subscriber, false));
      },
    },
    {
      name: "a successor, interrupted by reading",
      run: (world, style, interrupt) => {
        const subscriber = joined(world, style);
        world.send(5);
        world.commit(2);
        interrupt(
          () => subscriber.read(1),
          () => world.succeed()(burst),
        );
        wrong.push(...judge(world, subscriber, true));
      },
    },
    {
      name: "two subscribers of which one is slow",
      run: (world, style, interrupt) => {
        const slow = joined(world, style);
        const quick = world.join(35, style);
        const slower = world.join(36, { isGating: true, isHistory: false });
        world.send(4);
        quick.read();
        slower.read(2);
        interrupt(
          () => slow.read(1),
          () => world.send(burst),
        );
        quick.read();
        slower.leave();
        world.send(burst);
        for (const one of [slow, quick]) wrong.push(...judge(world, one, one === slow));
      },
    },
  ];
}

/** Runs everything; returns what was wrong in the first run that went wrong, and how many runs there were. */
export function explore(source: RingSource): { readonly wrong: string[]; readonly runs: number } {
  let runs = 0;
  for (const kind of ["fixed", "bytes"] as const) {
    for (const start of STARTS) {
      for (const style of STYLES) {
        for (const burst of BURSTS) {
          const wrong: string[] = [];
          for (const { name, run } of scenesOf(burst, wrong)) {
            for (let at = 0; at < STEPS_MAX; at++) {
              const world = new RingWorld(source, kind, LENGTHS[kind], start);
              let isInterrupted = false;
              run(world, style, (action, operation) => {
                world.words.interrupt(at, () => {
                  isInterrupted = true;
                  action();
                });
                operation();
                world.words.interrupt(-1, () => {});
              });
              runs++;
              if (wrong.length > 0) {
                const what = `${name}: ${kind} ${JSON.stringify({ start, ...style, burst, at })}`;
                return { wrong: [what, ...wrong], runs };
              }
              if (!isInterrupted) break;
            }
          }
        }
      }
    }
  }
  return { wrong: [], runs };
}
