/**
 * What a participant writes down: records of one size, so that a process that is killed leaves whole ones.
 *
 * ```text
 *   0 ┌ code      u32   what happened
 *   4 │ stream    u32   whose record it was: the number of the participant that sent it
 *   8 │ value     f64   a number of the record, a version, a count; as the code says
 *  16 │ ticket    u32   its place among the events of all processes
 *  20 │ reserved  u32
 *  24 └ at        f64   milliseconds since 1970
 * ```
 *
 * @module
 */

/** Length of an event in bytes. */
export const EVENT_BYTES = 32;

/** Where the fields of an event are, in bytes from its beginning. */
export const EVENT_AT = { code: 0, stream: 4, value: 8, ticket: 16, at: 24 } as const;

/** What can happen. */
export const EVENT = {
  /** It has opened what it works on. */
  ready: 1,
  /** It has closed it, of its own will. */
  left: 2,
  /** There was nothing to do for it. */
  idle: 3,
  /** It will have sent its records below this number; those from the last acknowledged one may exist from now on. */
  intended: 4,
  /** All its records below this number have been published. */
  acknowledged: 5,
  /** It is about to poll; what it is handed is released when that is over. */
  polling: 6,
  /** The poll is over, and what was handed out has been released. */
  polled: 7,
  /** It is about to receive one record, which is released before it is returned. */
  receiving: 8,
  /** It is about to follow the records in a loop, which releases the last ones when it is left. */
  following: 9,
  /** It was given this record, and it was whole. */
  delivered: 10,
  /** It was given something that was not whole. */
  torn: 11,
  /** It was told that so many records were lost so far. */
  lapsed: 12,
  /** It has published this value or version. */
  changed: 13,
  /** It has read this version. */
  seen: 14,
  /** It found somebody else where only one may be. */
  overlapped: 15,
  /** It was told that the owner before it has died. */
  abandoned: 16,
  /** It has taken a unit. */
  taken: 17,
  /** It is about to give a unit back. */
  giving: 18,
  /** The last of all has found this value, version or number of units. */
  audited: 19,
  /** It makes this request. */
  asked: 20,
  /** The request was answered rightly. */
  answered: 21,
  /** The request was refused because its responder had ended. */
  refused: 22,
  /** There was no room in shared memory. */
  noRoom: 23,
  /** So many descriptors and mappings were left after everything was closed. */
  leaked: 24,
  /** It does the harm that it was told to do. */
  harmed: 25,
  /** So many records before this one were left out. */
  missed: 26,
  /** It was given a record again that it may not be given again. */
  repeated: 27,
} as const;

/** One of {@link EVENT}. */
export type EventCode = (typeof EVENT)[keyof typeof EVENT];

if (EVENT_AT.at + 8 !== EVENT_BYTES) throw new Error("event: its fields do not fill it");
