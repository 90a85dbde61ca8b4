import { afterEach, expect, spyOn, test } from "bun:test";
import { TimeoutError } from "../../src/errors.ts";
import { Patience } from "../../src/named/patience.ts";

const clock = spyOn(performance, "now");

afterEach(() => {
  clock.mockReset();
});

test("patience with a busy name ends after its time, and not at the first look of a slow process", () => {
  clock.mockReturnValue(0);
  const patience = new Patience("slow");
  clock.mockReturnValue(60_000);
  patience.wait();
  expect(() => {
    for (let pauses = 0; pauses < 1000; pauses++) patience.wait();
  }).toThrow(TimeoutError);
});

test("patience with a busy name lasts its time, however often one looks", () => {
  clock.mockReturnValue(0);
  const patience = new Patience("busy");
  clock.mockReturnValue(4000);
  for (let pauses = 0; pauses < 200; pauses++) patience.wait();
});
