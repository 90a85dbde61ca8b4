/**
 * What Windows cannot remove at once.
 *
 * @module
 */

/** How the names begin of files that have been removed and are still open, where those keep a name. */
export const GONE = ".gone-";
