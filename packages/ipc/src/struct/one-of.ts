/**
 * The type of one word out of a fixed list.
 *
 * @module
 */
import { checkString, invalidValue } from "@isthmus/core/internal";
import { FieldType } from "./field-type.ts";
import { checkLimits } from "./layout.ts";

/** The most members whose index fits one byte. */
const BYTE_MEMBERS = 256;
/** The most members at all: the index is a u16 then. */
const MAX_MEMBERS = 65_536;

/**
 * One word of a fixed list, stored as its index: one byte for up to 256 words, two for more.
 *
 * A zeroed record reads as the first word, so put the one that means "nothing yet" there. Reading
 * an index that has no word is `ERR_CORRUPT_SEGMENT`.
 *
 * @param members The words, all different; at least one.
 * @returns The field type; its plain value is one of the words.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when a word is not a string; `ERR_INVALID_ARG_VALUE`
 *   when there is none or there are more than 65 536, when one is there twice, or has a lone
 *   surrogate.
 *
 * @example The state of a job
 * ```ts
 * import { type Infer, oneOf, struct } from "@isthmus/ipc";
 *
 * const Job = struct({ state: oneOf("waiting", "running", "done") });
 * const job: Infer<typeof Job> = { state: "running" };
 * ```
 */
export function oneOf<const Members extends readonly [string, ...string[]]>(
  ...members: Members
): FieldType<Members[number]> {
  const { length } = members as readonly string[];
  if (length === 0 || length > MAX_MEMBERS) {
    throw invalidValue("members", `a list of 1 to ${MAX_MEMBERS} strings`, length);
  }
  const seen = new Set<string>();
  for (const [index, member] of members.entries()) {
    const name = `members[${index}]`;
    if (!checkString(name, member).isWellFormed()) {
      throw invalidValue(name, "a string without lone surrogates", member);
    }
    if (seen.has(member)) throw invalidValue(name, "different from the other members", member);
    seen.add(member);
  }
  const size = length <= BYTE_MEMBERS ? 1 : 2;
  const type = `oneOf(${members.map((member) => JSON.stringify(member)).join(",")})`;
  return new FieldType(
    checkLimits({ kind: "oneOf", type, size, alignment: size, members: [...members] }),
  );
}
