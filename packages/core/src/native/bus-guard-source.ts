/**
 * The C source of the guard, as text: the path of a file would lead nowhere, or to a file of somebody else, in a bundled or
 * compiled program. A module of its own, because only a runtime that can compile it can load it.
 *
 * @module
 */
/// <reference path="./assets.d.ts" />

import text from "./bus-guard.c" with { type: "text" };

export const source: string = text;
