/**
 * Tests of two processes that share one directory although they are not alike.
 *
 * @module
 */
import { Home } from "./home.ts";
import { type Neighbour, THIS_BUN } from "./neighbours.ts";
import { Peer } from "./peer.ts";
import { testIf } from "./requirement.ts";

/** Two processes, the first of which makes what both use. */
export interface Pair {
  readonly maker: Peer;
  readonly user: Peer;
}

/** Runs a test twice, so that each side makes what the other one uses. */
export type TestBothWays = (
  name: string,
  body: (pair: Pair) => Promise<void>,
  environment?: Readonly<Record<string, string>>,
) => void;

/**
 * Makes tests of pairs.
 *
 * @param script What both sides run.
 * @param neighbour What runs it on the other side.
 * @param own What runs it on this side.
 */
export function pairTests(
  script: string,
  neighbour: Neighbour,
  own: Neighbour = THIS_BUN,
): TestBothWays {
  const lacking = [own, neighbour].find(({ command }) => command === undefined);
  const testPair = testIf(lacking === undefined, lacking?.requirement ?? "");
  const commands = { here: own.command ?? [], there: neighbour.command ?? [] } as const;
  return (name, body, environment = {}) => {
    for (const [maker, user] of [
      ["here", "there"],
      ["there", "here"],
    ] as const) {
      testPair(`${name} (made ${maker})`, async () => {
        using _home = new Home();
        await using stack = new AsyncDisposableStack();
        const start = (where: keyof typeof commands) =>
          stack.use(new Peer([...commands[where], script], environment));
        await body({ maker: start(maker), user: start(user) });
      });
    }
  };
}
