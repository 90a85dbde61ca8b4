/** Keys as subjects: readable where they can be, and never two for one. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { bucketPart, decodeKey, encodeKey } from "../../src/kv/bucket-key.ts";

const SUBJECT = /^[-/=\w]+(\.[-/=\w]+)*$/;

describe("encodeKey()", () => {
  test("leaves what a subject takes as it is", () => {
    for (const key of ["a", "user.42", "a/b-c_d", "A.b.C"]) expect(encodeKey(key)).toBe(key);
  });

  test("escapes the rest", () => {
    expect(encodeKey("")).toBe("=");
    expect(encodeKey("a b*>")).toBe("a=20b=2A=3E");
    expect(encodeKey("=41")).toBe("=3D41");
    expect(encodeKey("ü")).toBe("=C3=BC");
    expect(["a..b", ".a", "a."].map(encodeKey)).toEqual(["a=2E.b", "=2Ea", "a=2E"]);
    expect(encodeKey("x".repeat(2049))).toBeUndefined();
  });

  test("gives subjects, and every key back", () => {
    const random = new SeededRandom(seedOf("encodeKey"));
    const alphabet = new TextEncoder().encode("ab.. =*>/-_\0\u00c3\u00bc4F");
    for (let time = 0; time < 2000; time++) {
      const key = new TextDecoder().decode(random.bytes(random.below(8), alphabet));
      const text = encodeKey(key) as string;
      expect(text).toMatch(SUBJECT);
      expect(decodeKey(text)).toBe(key);
    }
  });
});

describe("decodeKey()", () => {
  test("refuses what encodeKey does not give: two subjects would be one key", () => {
    for (const text of ["=41", "=zz", "a=2", "=c3", "=C3"]) expect(decodeKey(text)).toBeUndefined();
  });
});

test("names become parts of bucket names", () => {
  expect(bucketPart("my-prices_1.v2")).toBe("my-prices_5F1_2Ev2");
  for (const name of [undefined, 1, Symbol("name"), new Uint8Array(3)] as never[]) {
    const { message } = expectCode(() => bucketPart(name), "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(message).toStartWith('The "name" argument must be a string');
  }
});
