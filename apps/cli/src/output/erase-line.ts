/**
 * What erases a line, apart from what is loaded to fit text into one.
 *
 * @module
 */

/** Returns to the first column and erases the line (ECMA-48 EL). */
export const ERASE_LINE = "\r\x1b[2K";
