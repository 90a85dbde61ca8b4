/** The algorithm beside a bucket that is filled drop by drop. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { ask, unitsLeft } from "../../src/limiter/gcra.ts";

/** A bucket of units: filled evenly, never over its brim. */
class Bucket {
  readonly size: number;
  readonly perMs: number;
  #units: number;
  #at = 0;

  constructor(size: number, perMs: number) {
    this.size = size;
    this.perMs = perMs;
    this.#units = size;
  }

  at(now: number): number {
    this.#units = Math.min(this.size, this.#units + ((now - this.#at) * this.size) / this.perMs);
    this.#at = now;
    return this.#units;
  }

  take(now: number, cost: number): boolean {
    if (this.at(now) < cost - 1e-6) return false;
    this.#units -= cost;
    return true;
  }
}

const steps = fc.array(fc.tuple(fc.nat(400), fc.nat(6)), { maxLength: 60 });

test("allows what a bucket has, and says how long to wait", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 6, max: 20 }),
      fc.integer({ min: 1, max: 3000 }),
      steps,
      (...given) => {
        const [units, perMs, all] = given;
        const limit = { units, perMs };
        const bucket = new Bucket(units, perMs);
        let [now, fullAt] = [0, 0];
        for (const [pauseMs, cost] of all) {
          now += pauseMs;
          // Where both are within a rounding error of the border, either may be right.
          if (Math.abs(bucket.at(now) - cost) < 1e-5) continue;
          const verdict = ask(limit, fullAt, now, cost);
          expect(verdict.isAllowed).toBe(bucket.take(now, cost));
          fullAt = verdict.fullAtMs;
          expect(unitsLeft(limit, fullAt, now)).toBeCloseTo(Math.floor(bucket.at(now) + 1e-6), 6);
          if (verdict.isAllowed) continue;
          expect(ask(limit, fullAt, now + Math.ceil(verdict.waitMs), cost).isAllowed).toBe(true);
          const tooEarly = now + verdict.waitMs - perMs / units / 100;
          expect(ask(limit, fullAt, tooEarly, cost).isAllowed).toBe(false);
        }
      },
    ),
  );
});

test("believes no time that cannot be", () => {
  const limit = { units: 10, perMs: 1000 };
  for (const wrong of [Number.NaN, -Infinity, -1e300]) {
    expect(ask(limit, wrong, 5000, 10).isAllowed).toBe(true);
  }
  // Nobody can lack more than all.
  expect(ask(limit, Infinity, 5000, 1)).toEqual({ isAllowed: false, fullAtMs: 6000, waitMs: 100 });
});

test("of times longer than any timer", () => {
  const limit = { units: 3, perMs: 90 * 86_400_000 };
  let fullAt = 0;
  for (let unit = 0; unit < 3; unit++) fullAt = ask(limit, fullAt, 1000, 1).fullAtMs;
  expect(ask(limit, fullAt, 1000, 1)).toMatchObject({ isAllowed: false, waitMs: 30 * 86_400_000 });
});
