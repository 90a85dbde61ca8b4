import { describe, expect, test } from "bun:test";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { type FindNeedles, needleFinder, needlePlan } from "../../src/scan/kernel/needle-finder.ts";

/** With kernels, and without: no search is so long, or so short. */
const WAYS = { "the kernels": Infinity, "the plain twin": 0 } as const;

const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Where each needle is, from left to right, without overlaps. */
function matchesOf(text: string, needles: readonly string[], ignoreCase: boolean): number[][] {
  const content = ignoreCase ? lower(text) : text;
  return needles.map((needle) => {
    const wanted = ignoreCase ? lower(needle) : needle;
    const places: number[] = [];
    for (let at = content.indexOf(wanted); at >= 0; ) {
      places.push(at);
      at = content.indexOf(wanted, at + wanted.length);
    }
    return places;
  });
}

function finderOf(
  needles: readonly string[],
  ignoreCase: boolean,
  totalBytes: number,
): FindNeedles {
  const wanted = needles.map((needle) => Buffer.from(needle, "latin1"));
  return needleFinder(needlePlan(wanted, { ignoreCase, seeksAll: true, totalBytes }));
}

function foundBy(find: FindNeedles, text: string, needles: readonly string[]): number[][] {
  const places: number[][] = needles.map(() => []);
  const each = (needle: number, at: number): boolean => {
    (places[needle] as number[]).push(at);
    return false;
  };
  find(
    Buffer.from(text, "latin1"),
    needles.map(() => 0),
    each,
  );
  return places;
}

function found(
  text: string,
  needles: readonly string[],
  ignoreCase: boolean,
  totalBytes: number,
): number[][] {
  return foundBy(finderOf(needles, ignoreCase, totalBytes), text, needles);
}

/** Letters in both cases, their neighbours in ASCII, and bytes that differ from those by the bit of case. */
const CHARACTER = fc.constantFrom(..."aAbBzZ@`[{ \n\0\x20\x40\xc1\xe1\xff");
const text = (most: number): fc.Arbitrary<string> =>
  fc.array(CHARACTER, { minLength: 1, maxLength: most }).map((all) => all.join(""));

describe.each(Object.entries(WAYS))("needles are found by %s", (_, totalBytes) => {
  test("as by a search for each, with case and without", () => {
    const needles = fc.array(
      fc.oneof({ weight: 5, arbitrary: text(4) }, { weight: 1, arbitrary: text(100) }),
      { minLength: 1, maxLength: 11 },
    );
    const property = fc.property(text(400), needles, fc.boolean(), (content, wanted, isFolded) => {
      expect(found(content, wanted, isFolded, totalBytes)).toEqual(
        matchesOf(content, wanted, isFolded),
      );
    });
    fc.assert(property, runs(150));
  });

  test("at every border of the blocks that the kernels look at", () => {
    const needles = ["Fox", "x", `long${"g".repeat(59)}o`, `longer${"r".repeat(70)}`];
    const find = finderOf(needles, false, totalBytes);
    for (const needle of needles) {
      for (const border of [64, 1 << 16, 1 << 18]) {
        for (let before = 0; before <= Math.min(needle.length, border); before++) {
          const content = `${"-".repeat(border - before)}${needle}${"-".repeat(70)}`;
          expect(foundBy(find, content, needles)).toEqual(matchesOf(content, needles, false));
        }
      }
    }
  });

  test("where nearly every place begins one, and where it only seems so", () => {
    const border = 1 << 18;
    const ends = ["", "e", "qe", "qqqe", "qqqqqqqe"];
    for (const needles of [
      ["qqqe"],
      ["qqq"],
      ["qq", "qqqe", "q".repeat(64), "q".repeat(65), "e"],
    ]) {
      const find = finderOf(needles, false, totalBytes);
      for (const end of ends) {
        const content = `${"q".repeat(border - 4)}e${"q".repeat(300)}${end}`;
        expect(foundBy(find, content, needles)).toEqual(matchesOf(content, needles, false));
      }
    }
    const content = "q".repeat(1000);
    for (const most of [1, 3]) {
      const places: number[] = [];
      const from = [5];
      finderOf(["qq"], false, totalBytes)(Buffer.from(content), from, (_, at) => {
        return places.push(at) === most;
      });
      expect([places.at(-1), from[0]]).toEqual([5 + 2 * (most - 1), 5 + 2 * most]);
    }
  });

  test("with their letters in any case, and nothing else", () => {
    const content = String.fromCharCode(...Array(256).keys());
    for (const needle of ["a", "Z", "@", "[", "`", "{", "\xe1", "\xc1", "0"]) {
      expect(found(content, [needle], true, totalBytes)).toEqual(
        matchesOf(content, [needle], true),
      );
    }
  });

  test("only behind where each may begin, until told to stop", () => {
    const content = Buffer.from("fox, Fox, FOX, fox");
    const wanted = [Buffer.from("fox"), Buffer.from("o")];
    const find = needleFinder(
      needlePlan(wanted, { ignoreCase: true, seeksAll: false, totalBytes }),
    );
    const places: number[][] = [];
    const from = [1, 12];
    find(content, from, (needle, at) => {
      places.push([needle, at]);
      return places.filter(([index]) => index === 0).length === 2;
    });
    expect(places.filter(([needle]) => needle === 0)).toEqual([
      [0, 5],
      [0, 10],
    ]);
    expect(from[0]).toBe(13);
  });
});
