/**
 * Histories of a table of jobs, with deaths in them.
 *
 * @module
 */
import { CrashWorld, type Operation, type TableClass, type WorldOptions } from "./crash-world.ts";

/** Every death in the last of some operations, and every further one while the tables are made anew. */
export function explore(
  Table: TableClass,
  operations: readonly Operation[],
  isThorough: boolean,
  options: WorldOptions = {},
): number {
  const world = new CrashWorld(Table, options);
  for (const operation of operations.slice(0, -1)) world.run(operation);
  const last = operations.at(-1) as Operation;
  const stores = world.copy().run(last);
  let deaths = 0;
  for (let at = 0; at <= stores; at++) {
    const dead = world.copy();
    dead.die(last, at);
    const mended = dead.copy();
    const steps = mended.rebuild();
    mended.settle();
    deaths++;
    if (!isThorough) continue;
    // Most of its stores clear lists: a few of those, and all others.
    for (let step = 0; step < steps; step += step < steps - 300 ? 397 : 7) {
      const again = dead.copy();
      again.rebuild(step);
      again.rebuild();
      again.settle();
      deaths++;
    }
  }
  const whole = world.copy();
  whole.run(last);
  whole.settle();
  return deaths;
}

/** Plays operations, in some of which somebody dies: at a store of so many thousandths of all that it makes. */
export function play(
  Table: TableClass,
  operations: readonly (readonly [operation: Operation, deathAt: number | undefined])[],
  options: WorldOptions = {},
): void {
  const world = new CrashWorld(Table, options);
  for (const [operation, deathAt] of operations) {
    if (deathAt === undefined) world.run(operation);
    else {
      const stores = world.copy().run(operation);
      if (world.die(operation, Math.floor((stores * deathAt) / 1000))) world.rebuild();
      world.checkTaken();
    }
  }
  world.settle();
}
