/**
 * What every runtime but Bun gets for this package: the error of the package below, which says what to do, and every
 * name, because they look for names before they run anything.
 *
 * @module
 */
import "@isthmus/core";

export let Bridge, bridge;
