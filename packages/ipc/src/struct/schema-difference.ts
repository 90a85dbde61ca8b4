/**
 * Where the schema of a segment and that of the program that opens it differ, for the message of the error.
 *
 * @module
 */

import { fingerprintOf } from "./fingerprint.ts";
import { readSchema, type SchemaSource } from "./schema-reading.ts";
import { fingerprintOfTexts, MARKER_TEXTS } from "./schema-texts.ts";

/** The list of a `oneOf` can be long. */
const TYPE_LENGTH_MAX = 200;

const FIELD_LINE = /^\d+ \d+ (?<path>\S+) (?<type>.+)$/sv;

/** A field of a schema's canonical text. */
interface Field {
  readonly path: string;
  readonly type: string;
}

/**
 * What differs first.
 *
 * @param source The segment, whose fingerprint is another one.
 * @param expected The text of the program's schema; of a service, of the request and of the response.
 * @returns Undefined when the segment does not say what its records are.
 */
export function schemaDifference(
  source: SchemaSource,
  expected: readonly string[],
): string | undefined {
  const found = textsOf(source);
  for (const [side, text] of (found ?? []).entries()) {
    const whose =
      source.kind !== "service" ? "" : side === 0 ? "of the request, " : "of the response, ";
    const difference = differenceOf(text, expected[side] ?? "");
    if (difference !== undefined) return `${whose}${difference}`;
  }
  return undefined;
}

/** The texts with which a segment was made; only such as its fingerprint confirms. */
function textsOf(source: SchemaSource): string[] | undefined {
  const { kind, fingerprint } = source;
  const { record, response } = readSchema(source);
  const markers = Object.values(MARKER_TEXTS);
  const records = record === undefined ? markers : [record.canonical];
  if (kind !== "service") {
    const text = records.find((one) => fingerprintOf(one).hex === fingerprint);
    return text === undefined ? undefined : [text];
  }
  const responses = response === undefined ? markers : [response.canonical];
  return records
    .flatMap((one) => responses.map((other) => [one, other] as [string, string]))
    .find(([one, other]) => fingerprintOfTexts(one, other).hex === fingerprint);
}

/**
 * What differs first between two canonical texts.
 *
 * @param found The text that is there.
 * @param expected The text that should be.
 * @returns Undefined when nothing does, or nothing that has a name.
 */
export function differenceOf(found: string, expected: string): string | undefined {
  if (found === expected) return undefined;
  const kinds = [kindOf(found), kindOf(expected)] as const;
  if (kinds[0] !== kinds[1]) return `records must be ${kinds[1]}: found ${kinds[0]}`;
  return fieldDifference(fieldsOf(found), fieldsOf(expected));
}

function kindOf(text: string): string {
  const marker = Object.entries(MARKER_TEXTS).find(([, one]) => one === text);
  return marker?.[0] ?? "a struct";
}

function fieldsOf(text: string): Field[] {
  return text.split("\n").flatMap((line) => {
    const { path, type } = FIELD_LINE.exec(line)?.groups ?? {};
    return path === undefined || type === undefined ? [] : [{ path, type }];
  });
}

/** The line of a struct is the same when what is inside it differs: that has lines of its own. */
function fieldDifference(found: readonly Field[], expected: readonly Field[]): string | undefined {
  const isIn = (fields: readonly Field[], { path }: Field): boolean =>
    fields.some((field) => field.path === path);
  for (let index = 0; index < Math.max(found.length, expected.length); index++) {
    const [there, here] = [found[index], expected[index]];
    if (here === undefined)
      return there && `field "${there.path}" must be absent: ${foundType(there)}`;
    const must = `field "${here.path}" must be ${shortened(here.type)}`;
    if (there === undefined) return `${must}: found none`;
    if (there.path === here.path) {
      if (there.type === here.type) continue;
      return `${must}: ${foundType(there)}`;
    }
    const [isHereThere, isThereHere] = [isIn(found, here), isIn(expected, there)];
    if (isHereThere && !isThereHere)
      return `field "${there.path}" must be absent: ${foundType(there)}`;
    if (isThereHere && !isHereThere) return `${must}: found none`;
    return `${must}: found "${there.path}" ${shortened(there.type)} in its place`;
  }
  return undefined;
}

function foundType({ type }: Field): string {
  return `found ${shortened(type)}`;
}

function shortened(type: string): string {
  return type.length > TYPE_LENGTH_MAX ? `${type.slice(0, TYPE_LENGTH_MAX)}…` : type;
}
