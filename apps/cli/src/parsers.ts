/**
 * Parsers of flags and operands. What they throw goes on from the name of the flag: "it must be …".
 *
 * @module
 */

/** The longest time to wait: that of a timer. */
export const TIMEOUT_MS_MAX: number = 2 ** 31 - 1;

/**
 * Makes a parser of whole numbers.
 *
 * @param minimum The least value.
 * @param maximum The greatest; any if left out.
 * @returns What stricli calls with the text of the flag.
 */
export function wholeNumber(
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new SyntaxError(`it must be a whole number from ${minimum} to ${maximum}`);
  };
}

const UNITS_BYTES: Readonly<Record<string, number>> = {
  "": 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/**
 * Makes a parser of sizes in bytes, also in binary units.
 *
 * @param minimum The least value.
 * @param maximum The greatest; any if left out.
 */
export function byteCount(
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const [, digits, unit = ""] = /^(\d+)([KMGT]?)(?:i?B)?$/.exec(text) ?? [];
    const bytes = Number(digits) * (UNITS_BYTES[unit] ?? Number.NaN);
    if (Number.isSafeInteger(bytes) && bytes >= minimum && bytes <= maximum) return bytes;
    const range = maximum === Number.MAX_SAFE_INTEGER ? "" : ` from ${minimum} to ${maximum}`;
    throw new SyntaxError(`it must be a number of bytes${range}, also as 64K, 64M or 10G`);
  };
}

/** Parses a size in bytes. */
export const parseBytes: (text: string) => number = byteCount(1);

/** Makes a parser of numbers from 0 on. */
export function decimal(maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value <= maximum) return value;
    throw new SyntaxError(`it must be a number from 0 to ${maximum}`);
  };
}

/** Makes a parser of words that are given. */
export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((one) => one === text);
    if (choice !== undefined) return choice;
    throw new SyntaxError(`it must be one of ${choices.join(", ")}`);
  };
}

/** Parses a time in milliseconds. */
export const parseMs: (text: string) => number = wholeNumber(0, TIMEOUT_MS_MAX);

/** Parses how many there are to be. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new SyntaxError("it must be a whole number above 0");
}

/** Parses the name of something that may not be there yet. */
export function parseName(text: string): string {
  if (text === "" || Buffer.byteLength(text) > 200 || /^\.|[/\\\0]/.test(text)) {
    throw new SyntaxError('a name has 1 to 200 bytes, no / and no \\, and does not begin with "."');
  }
  return text;
}
