/**
 * The tables that say what each byte, and each pair of neighbouring bytes, means to a scan.
 *
 * ```text
 * byte            line  word         width of the line
 * 0x0a \n         ends  separates    ends the line; the next begins at column 0
 * 0x0c \f 0x0d \r       separates    ends the line as \n does, but is not counted as a line
 * 0x09 \t               separates    on to the next multiple of 8
 * 0x20 space            separates    1
 * 0x0b \v               separates    0
 * 0x21 … 0x7e           makes        1
 * 0x80 … 0xff           makes        1
 * any other             makes        0
 * ```
 *
 * Lines and words are those of `wc -lw` of GNU coreutils since 9.5 in the C locale, found by experiment with 9.7 over
 * all 256 values, but for one: there 0xa0 separates words, as if it were a no-break space, unless `POSIXLY_CORRECT`
 * is set. Here it does not: in UTF-8 it is a part of letters, of "à" and "Р" for example. The width is that of `wc -L`,
 * which takes what is not ASCII for nothing; here it takes one column for each byte.
 *
 * @module
 */

/** The byte makes a word. */
export const WORD = 1;
/** The byte ends a word. */
export const SPACE = 2;
/** The byte takes one column. */
export const WIDE = 4;
/** The byte moves the column in another way than by one: tab, or the end of a line. */
export const JUMP = 8;

/** What each byte is, as a union of the four flags above. */
export const BYTE_CLASS: Uint8Array = buildByteClasses();

/** In {@link pairClasses}: the pair ends inside a word. */
const PAIR_ENDS_IN_WORD = 1;
/** In {@link pairClasses}: the pair goes on with a word that went before. */
const PAIR_JOINS_WORD = 2;
/** In {@link pairClasses}: how far right it stands whether a word begins in the pair when none went before (1 bit). */
export const PAIR_WORDS_SHIFT = 2;
/** In {@link pairClasses}: how far right the width of the pair stands (2 bits). */
export const PAIR_WIDTH_SHIFT = 3;
/** In {@link pairClasses}: at least one byte jumps; the two must be looked at one by one. */
export const PAIR_JUMPS = 32;

let pairs: Uint8Array | undefined;

/**
 * What each pair of bytes is, indexed by the pair as a `Uint16Array` reads it in this machine's
 * byte order; built when first used. One lookup serves two bytes: measured 1.3 to 2 times as fast as one for each byte.
 */
export function pairClasses(): Uint8Array {
  pairs ??= buildPairClasses();
  return pairs;
}

/** Whether the first of two bytes in memory is the low half of a 16-bit word. */
export const IS_LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function buildByteClasses(): Uint8Array {
  const classes = new Uint8Array(256).fill(WORD | WIDE);
  classes.fill(WORD, 0, 0x20);
  classes[0x7f] = WORD;
  classes[0x20] = SPACE | WIDE;
  classes[0x0b] = SPACE;
  for (const byte of [0x09, 0x0a, 0x0c, 0x0d]) classes[byte] = SPACE | JUMP;
  return classes;
}

function buildPairClasses(): Uint8Array {
  const classes = new Uint8Array(65536);
  const bytes = new Uint8Array(2);
  const pair = new Uint16Array(bytes.buffer);
  for (let first = 0; first < 256; first += 1) {
    for (let second = 0; second < 256; second += 1) {
      bytes[0] = first;
      bytes[1] = second;
      classes[pair[0] ?? 0] = pairClass(BYTE_CLASS[first] ?? 0, BYTE_CLASS[second] ?? 0);
    }
  }
  return classes;
}

function pairClass(first: number, second: number): number {
  const both = first | second;
  const width = ((first & WIDE) === 0 ? 0 : 1) + ((second & WIDE) === 0 ? 0 : 1);
  return (
    ((second & WORD) === 0 ? 0 : PAIR_ENDS_IN_WORD) |
    ((first & WORD) === 0 ? 0 : PAIR_JOINS_WORD) |
    ((both & WORD) === 0 ? 0 : 1 << PAIR_WORDS_SHIFT) |
    (width << PAIR_WIDTH_SHIFT) |
    ((both & JUMP) === 0 ? 0 : PAIR_JUMPS)
  );
}
