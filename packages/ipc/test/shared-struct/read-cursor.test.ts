/** Reading a few fields of a shared struct, without decoding the others. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { array, f64, SharedStruct, struct, u32 } from "../../src/index.ts";

const Sample = struct({ count: u32, values: array(f64, 1000) });

describe("SharedStruct.read(look)", () => {
  test("gives what the function makes of a whole value", () => {
    using _home = new Home();
    using one = SharedStruct.createNew("looked", Sample);
    using two = SharedStruct.openExisting("looked", Sample);
    expect(one.read(({ count }) => count)).toBe(0);
    for (let count = 1; count < 10; count++) {
      two.update((current) => {
        current.count = count;
        current.values.set(7, count / 2);
      });
      expect(one.read(({ count, values }) => [count, values.get(7)])).toEqual([count, count / 2]);
    }
    expect(one.read().values[7]).toBe(4.5);
  });

  test("lets nothing be written, and passes on what is thrown", () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("written", Sample);
    expect(() => {
      shared.read((current) => {
        current.count = 1;
      });
    }).toThrow();
    expect(shared.read().count).toBe(0);
    expect(() =>
      shared.read(() => {
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expectCode(() => shared.read(1 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    const later = async ({ count }: { count: number }) => {
      await Promise.resolve();
      throw new Error(`nobody hears of ${count}`);
    };
    expectCode(() => void shared.read(later), "TypeError", "ERR_INVALID_ARG_TYPE");
  });

  test("is refused inside an update, and after disposal", () => {
    using _home = new Home();
    const shared = SharedStruct.createNew("refused", Sample);
    const look = () => shared.read(({ count }) => count);
    shared.update(() => {
      expectCode(look, "NotSupportedError", "ERR_NOT_SUPPORTED");
    });
    shared.dispose();
    expectCode(look, "DisposedError", "ERR_DISPOSED");
  });
});
