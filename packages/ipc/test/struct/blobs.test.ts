import { describe, expect, test } from "bun:test";
import { bytes, struct, u8, utf8 } from "../../src/struct/index.ts";
import { bytesOf, isGuardIntact, memory, refusalOf, roundTrip } from "./support.ts";

// One, two, three and four bytes of UTF-8, alone and at the bounds between the ways of writing.
const LENGTHS = [0, 1, 3, 4, 5, 23, 24, 25, 63, 64, 65, 255, 256, 257, 300, 1000];
const CHARACTERS = ["a", "\u0000", "é", "€", "😀", "\ufeff"];

describe("utf8", () => {
  test.each(CHARACTERS)("holds texts of %j up to its capacity, to the byte", (character) => {
    for (const length of LENGTHS) {
      const text = character.repeat(length);
      const size = Buffer.byteLength(text);
      expect(roundTrip(utf8(Math.max(size, 1)), text)).toBe(text);
      expect(roundTrip(utf8(size + 37), text)).toBe(text);
      if (size > 1) {
        expect(refusalOf(utf8(size - 1), text)).toBe(
          `RangeError ERR_OUT_OF_RANGE The value of "x" is out of range: ` +
            `it must be at most ${size - 1} bytes of UTF-8: received ${size} bytes`,
        );
      }
    }
  });

  test("is a u32 length and the bytes; what follows them is zeroed", () => {
    const schema = struct({ text: utf8(6), end: u8 });
    const view = memory(schema);
    bytesOf(view).fill(0xff);
    schema.encode(view, 0, { text: "olá", end: 7 });
    expect(bytesOf(view).toHex()).toBe("04000000" + "6f6cc3a1" + "00000000" + "07000000");
    schema.cursor(view, 0).text = "x";
    expect(bytesOf(view).toHex()).toBe("01000000" + "78000000" + "00000000" + "07000000");
  });

  test("zeroes a long predecessor whatever the length of both", () => {
    for (const capacity of [1, 7, 32, 255, 256, 257, 300, 4096]) {
      const schema = struct({ text: utf8(capacity), end: u8 });
      for (const length of LENGTHS.filter((each) => each <= capacity)) {
        const dirty = memory(schema);
        bytesOf(dirty).fill(0xaa);
        const clean = memory(schema);
        const value = { text: "z".repeat(length), end: 1 };
        schema.encode(dirty, 0, value);
        schema.encode(clean, 0, value);
        expect(bytesOf(dirty)).toEqual(bytesOf(clean));
        expect(isGuardIntact(dirty)).toBe(true);
      }
    }
  });

  test("refuses lone surrogates in texts of every length", () => {
    for (const lone of ["\ud800", "\udc00", "\udc00\ud800"]) {
      for (const length of LENGTHS) {
        for (const text of ["a".repeat(length) + lone, lone + "é".repeat(length)]) {
          expect(refusalOf(utf8(8192), text)).toStartWith(
            `TypeError ERR_INVALID_ARG_VALUE The "x" argument must be ` +
              `a string without lone surrogates: received type string (`,
          );
        }
      }
    }
  });

  test("refuses what is not a string", () => {
    for (const value of [1, null, undefined, ["a"], new String("a")]) {
      expect(refusalOf(utf8(8), value)).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "x" argument must be a string: received `,
      );
    }
  });

  test("a refused text leaves the field as it was", () => {
    const schema = struct({ text: utf8(30) });
    const view = memory(schema);
    const cursor = schema.cursor(view, 0);
    cursor.text = "as it was";
    const before = bytesOf(view).toHex();
    for (const text of ["aaaa\ud800", "é".repeat(16), "a".repeat(31), "a".repeat(500)]) {
      expect(() => {
        cursor.text = text;
      }).toThrow();
      expect(bytesOf(view).toHex()).toBe(before);
    }
  });

  test("reads a length beyond the capacity as the capacity", () => {
    for (const capacity of [5, 64, 300]) {
      const schema = struct({ text: utf8(capacity), end: u8 });
      const view = memory(schema);
      schema.encode(view, 0, { text: "a".repeat(capacity), end: 0xff });
      for (const length of [capacity + 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
        view.setUint32(0, length, true);
        expect(schema.decode(view, 0).text).toBe("a".repeat(capacity));
        expect(schema.cursor(view, 0).text).toBe("a".repeat(capacity));
      }
    }
  });

  test("reads invalid UTF-8 as U+FFFD, exactly as TextDecoder does", () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    for (const capacity of [9, 400]) {
      const schema = struct({ text: utf8(capacity) });
      const view = memory(schema);
      for (const hex of [
        "ff",
        "c3",
        "e282",
        "f09f98",
        "eda080",
        "c080",
        "f4908080",
        "efbbbf",
        "61c3",
      ]) {
        const raw = Uint8Array.fromHex(hex.repeat(Math.floor((capacity * 2) / hex.length)));
        view.setUint32(0, raw.length, true);
        bytesOf(view).set(raw, 4);
        expect(schema.decode(view, 0).text).toBe(decoder.decode(raw));
      }
    }
  });
});

describe("bytes", () => {
  test("holds bytes up to its capacity, and gives a copy", () => {
    for (const length of LENGTHS) {
      const value = Uint8Array.from({ length }, (_, index) => index * 7 + 1);
      expect(roundTrip(bytes(Math.max(length, 1)), value)).toEqual(value);
      expect(roundTrip(bytes(length + 37), Buffer.from(value))).toEqual(value);
    }
    const schema = struct({ raw: bytes(100) });
    const view = memory(schema);
    for (const length of [3, 100]) {
      schema.encode(view, 0, { raw: new Uint8Array(length).fill(1) });
      const { raw } = schema.decode(view, 0);
      bytesOf(view).fill(9);
      expect(raw).toEqual(new Uint8Array(length).fill(1));
      expect(raw.constructor).toBe(Uint8Array);
    }
  });

  test("zeroes a long predecessor", () => {
    for (const capacity of [1, 7, 32, 255, 256, 257, 300, 4096]) {
      const schema = struct({ raw: bytes(capacity), end: u8 });
      for (const length of LENGTHS.filter((each) => each <= capacity)) {
        const dirty = memory(schema);
        bytesOf(dirty).fill(0xaa);
        const clean = memory(schema);
        const value = { raw: new Uint8Array(length).fill(5), end: 1 };
        schema.encode(dirty, 0, value);
        schema.encode(clean, 0, value);
        expect(bytesOf(dirty)).toEqual(bytesOf(clean));
        expect(isGuardIntact(dirty)).toBe(true);
      }
    }
  });

  test("copies out of the same memory, overlapping in either direction", () => {
    const schema = struct({ raw: bytes(512) });
    for (const length of [40, 400]) {
      for (const shift of [-3, 3]) {
        const view = memory(schema, 2);
        const all = bytesOf(view);
        for (let index = 0; index < all.length; index++) all[index] = index % 251;
        const source = all.subarray(100 + 4 + shift, 100 + 4 + shift + length);
        const expected = source.slice();
        schema.encode(view, 100, { raw: source });
        expect(schema.decode(view, 100).raw).toEqual(expected);
      }
    }
  });

  test("refuses too many bytes and everything that is not a Uint8Array", () => {
    expect(refusalOf(bytes(3), new Uint8Array(4))).toBe(
      `RangeError ERR_OUT_OF_RANGE The value of "x" is out of range: ` +
        `it must be at most 3 bytes: received 4 bytes`,
    );
    const gone = new Uint8Array(3);
    gone.buffer.transfer();
    expect(refusalOf(bytes(3), gone)).toStartWith(
      `TypeError ERR_INVALID_ARG_VALUE The "x" argument`,
    );
    for (const value of [[1], "a", new ArrayBuffer(1), new Uint16Array(1), null, undefined]) {
      expect(refusalOf(bytes(3), value)).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "x" argument must be a Uint8Array: received `,
      );
    }
  });

  test("reads a length beyond the capacity as the capacity", () => {
    const schema = struct({ raw: bytes(5) });
    const view = memory(schema);
    view.setUint32(0, 0xffffffff, true);
    expect(schema.decode(view, 0).raw).toEqual(new Uint8Array(5));
  });
});

test("utf8 and bytes work in shared memory of the language, too", () => {
  const schema = struct({ text: utf8(600), raw: bytes(600) });
  const view = new DataView(new SharedArrayBuffer(schema.size));
  for (const length of [3, 30, 600]) {
    const value = { text: "b".repeat(length), raw: new Uint8Array(length).fill(2) };
    schema.encode(view, 0, value);
    const read = schema.decode(view, 0);
    expect(read).toEqual(value);
    expect(read.raw.buffer).toBeInstanceOf(ArrayBuffer);
  }
});
