/**
 * Which ways through a channel or a topic are measured within one process, for the suite and its code.
 *
 * @module
 */

export const KINDS = ["channel", "topic"] as const;
export type Kind = (typeof KINDS)[number];

export const WAYS = ["batch", "claim", "send"] as const;
export type Way = (typeof WAYS)[number];

/** Whether the process does nothing else, or has channels and topics of other schemas, too. */
export const COMPANIES = ["alone", "mixed"] as const;
export type Company = (typeof COMPANIES)[number];

/** The name of a case. */
export function kindsCase(kind: Kind, way: Way, company: Company): string {
  return `${kind}-${way}-${company}`;
}
