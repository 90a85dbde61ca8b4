/**
 * The back door for sibling packages of this workspace: what they build on and users do not see.
 * Nothing here is a public contract.
 *
 * @module
 */
export {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkString,
  invalidType,
  invalidValue,
  outOfRange,
  received,
} from "./validate.ts";
