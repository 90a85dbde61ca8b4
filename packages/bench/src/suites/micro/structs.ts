/**
 * A record of eight numbers in memory: as an object, and in place.
 *
 * @module
 */

import type { CaseFunction } from "../../runner/suite.ts";
import { Sample, type SampleFields, sampleOf, sumOf } from "../sample.ts";
import { measureMicro, mustBe } from "./micro.ts";

const RECORDS = 64;

/** A view of its own for each case. */
function newView(): DataView<ArrayBuffer> {
  return new DataView(new ArrayBuffer(RECORDS * Sample.size));
}

/** All ways in and out. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  encode: async (context) => {
    const view = newView();
    let first = 0;
    return await measureMicro(context, {
      operations: RECORDS,
      run: () => {
        first++;
        for (let i = 0; i < RECORDS; i++) Sample.encode(view, i * Sample.size, sampleOf(first + i));
      },
      verify: (calls) => mustBe(view.getFloat64(7 * 8, true), calls + 7),
    });
  },

  decode: async (context) => {
    const view = newView();
    for (let i = 0; i < RECORDS; i++) Sample.encode(view, i * Sample.size, sampleOf(i));
    let sum = 0;
    return await measureMicro(context, {
      operations: RECORDS,
      run: () => {
        for (let i = 0; i < RECORDS; i++) sum += sumOf(Sample.decode(view, i * Sample.size));
      },
      verify: (calls) => mustBe(sum, calls * sumOfAll()),
    });
  },

  cursorWrite: async (context) => {
    const view = newView();
    const cursor = Sample.cursor(view, 0) as SampleFields;
    let value = 0;
    return await measureMicro(context, {
      operations: RECORDS,
      run: () => {
        for (let i = 0; i < RECORDS; i++) {
          value++;
          cursor.a = value;
          cursor.b = value + 1;
          cursor.c = value + 2;
          cursor.d = value + 3;
          cursor.e = value + 4;
          cursor.f = value + 5;
          cursor.g = value + 6;
          cursor.h = value + 7;
        }
      },
      verify: (calls) => mustBe(view.getFloat64(7 * 8, true), calls * RECORDS + 7),
    });
  },

  cursorRead: async (context) => {
    const view = newView();
    Sample.encode(view, 0, sampleOf(1));
    const cursor = Sample.cursor(view, 0) as SampleFields;
    let sum = 0;
    return await measureMicro(context, {
      operations: RECORDS,
      run: () => {
        // Something else each time, or the compiler reads once.
        for (let i = 0; i < RECORDS; i++) {
          cursor.a = i;
          sum += sumOf(cursor);
        }
      },
      verify: (calls) => {
        const rest = RECORDS * (sumOf(sampleOf(1)) - 1);
        mustBe(sum, calls * (rest + (RECORDS * (RECORDS - 1)) / 2));
      },
    });
  },
};

function sumOfAll(): number {
  let sum = 0;
  for (let i = 0; i < RECORDS; i++) sum += sumOf(sampleOf(i));
  return sum;
}
