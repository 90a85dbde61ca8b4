/**
 * How the ends of a topic that has a journal are opened.
 *
 * @module
 */
import { CorruptSegmentError, FileTruncatedError, SystemError } from "@isthmus/core";
import { checkOptions, invalidType, type OptionNames } from "@isthmus/core/internal";
import { bytes } from "@isthmus/ipc";
import type { Journal } from "../journal/journal.ts";
import { insideOf, type JournalInside } from "../journal/journal-inside.ts";
import type { JournalReadOptions, JournalSchema } from "../journal/journal-options.ts";

/** How a topic is opened: .NET's verbs. */
export type TopicVerb = "createNew" | "openExisting" | "createOrOpen";

/** What whoever creates the topic decides. */
export interface TopicSizes {
  /**
   * Room for the records of one publisher, in bytes; rounded up to a power of two. Default 1 MiB. Who is so slow that it
   * needs more reads on in the journal.
   */
  readonly capacityBytes?: number | undefined;
  /** How many publishers there can be at a time. Default 8, at most 1024. */
  readonly maxPublishers?: number | undefined;
  /** How many subscribers there can be at a time. Default 64, at most 1024. */
  readonly maxSubscribers?: number | undefined;
}

/** How the publisher of a topic that has a journal is opened. */
export interface JournalPublisherOptions<S extends JournalSchema> extends TopicSizes {
  /** Where its records are kept, opened; it says what records are, and when they are on the disk. It stays open. */
  readonly journal: Journal<S>;
}

/** How a subscriber of a topic that has a journal is opened. */
export interface JournalSubscriberOptions<S extends JournalSchema> extends TopicSizes {
  /** Where the topic's records are kept, opened. It stays open. */
  readonly journal: Journal<S>;
  /**
   * Where to begin: with the first record (default), behind the last one, with a sequence, or with the first record
   * of a time or later.
   */
  readonly from?: JournalReadOptions["from"];
}

const OPTIONS: OptionNames<JournalSubscriberOptions<JournalSchema>> = {
  journal: true,
  capacityBytes: true,
  maxPublishers: true,
  maxSubscribers: true,
  from: true,
};

/** What both ends need. */
export interface CheckedTopic {
  readonly inside: JournalInside;
  readonly sizes: TopicSizes;
}

/** Checks the options of either end: a bag that both are given has what only one of them looks at. */
export function checkTopic<S extends JournalSchema>(
  options: JournalSubscriberOptions<S> | JournalPublisherOptions<S>,
): CheckedTopic {
  const names = OPTIONS as unknown as OptionNames<JournalSubscriberOptions<S>>;
  const { journal, capacityBytes, maxPublishers, maxSubscribers } = checkOptions(
    "options",
    options,
    names,
  );
  const inside = typeof journal === "object" && journal !== null ? insideOf(journal) : undefined;
  if (inside === undefined) throw invalidType("options.journal", "a Journal", journal);
  return { inside, sizes: { capacityBytes, maxPublishers, maxSubscribers } };
}

/** The options of a ring's end. */
export function ringOptions(sizes: TopicSizes): TopicSizes & { readonly schema: typeof bytes } {
  return { schema: bytes, ...sizes };
}

/** Whether an error says that a ring cannot be had, which the journal does without, rather than that something here is wrong. */
export function isOfRing(error: unknown): boolean {
  return [SystemError, FileTruncatedError, CorruptSegmentError].some((is) => error instanceof is);
}
