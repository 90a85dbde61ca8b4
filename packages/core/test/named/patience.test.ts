import { afterAll, beforeEach, expect, spyOn, test } from "bun:test";
import { TimeoutError } from "../../src/errors.ts";
import { busyName } from "../../src/named/patience.ts";
import { host } from "../../src/native/host.ts";

const clock = spyOn(performance, "now");
const sleep = spyOn(host, "sleep");

beforeEach(() => {
  clock.mockReturnValue(0);
  sleep.mockClear().mockReturnValue(undefined);
});

afterAll(() => {
  clock.mockRestore();
  sleep.mockRestore();
});

/** Looks in vain, so often. */
function look(patience: ReturnType<typeof busyName>, times: number): void {
  for (let looks = 0; looks < times; looks++) patience.wait();
}

test("a process that was given no time to look is patient, whatever the clock says", () => {
  const patience = busyName("slow");
  clock.mockReturnValue(60_000);
  look(patience, 100);
  expect(sleep).toHaveBeenCalledTimes(100);
});

test("patience is over when its time is up and there were enough looks; the message tells the time", () => {
  const patience = busyName("stopped");
  clock.mockReturnValue(5000);
  look(patience, 1000);
  clock.mockReturnValue(5001.4);
  const message =
    'Cannot open or create "stopped": another process has kept it busy for 5001 ms (is it stopped?)';
  expect(() => patience.wait()).toThrow(new TimeoutError(message));
});
