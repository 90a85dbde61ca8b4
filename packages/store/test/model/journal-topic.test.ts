/** Topics that have a journal: whoever dies where, each record is handed out once and in order, out of the rings or the journal. */
import { describe, test } from "bun:test";
import { testIf } from "@isthmus/testing/requirement";
import { expectSound } from "../../../ipc/test/model/checker/expectations.ts";
import { testSeeded } from "../../../ipc/test/model/checker/seeded.ts";
import * as source from "./journal-topic-entry.ts";
import { journalTopic, type TopicBounds, type TopicSource } from "./journal-topic-model.ts";
import { SEEDED } from "./journal-topic-mutants.ts";

/** What takes minutes. */
const isWhole = process.env["ISTHMUS_WHOLE_MODELS"] === "1";
const testWhole = testIf(isWhole, "ISTHMUS_WHOLE_MODELS=1: it takes minutes");

const ENTRY = "../../store/test/model/journal-topic-entry.ts";

/** History first, then what is sent meanwhile. */
const JOINED: TopicBounds = { name: "joined", slots: 2, before: 1, sends: [1], again: 1 };

/** The ring comes round to who reads it. */
const LAPPED: TopicBounds = { name: "lapped", slots: 1, before: 0, sends: [2], again: 0 };

/** Nobody comes for who dies. */
const LEFT: TopicBounds = { name: "left", slots: 2, before: 0, sends: [1], again: 0 };

/** Two who take turns, each with a ring of its own. */
const TWO: TopicBounds = { name: "two publishers", slots: 2, before: 0, sends: [1, 1], again: 1 };

/** What is damaged in the journal is in a ring. */
const DAMAGED: TopicBounds = {
  name: "damaged",
  slots: 4,
  before: 0,
  sends: [1],
  again: 0,
  damaged: 1,
};

/** More of each. */
const MORE: readonly TopicBounds[] = [
  { ...JOINED, sends: [2] },
  { ...LAPPED, sends: [3] },
  { ...DAMAGED, sends: [2] },
];

describe("a topic that has a journal", () => {
  test("hands out each record once, in order", () => {
    for (const bounds of [JOINED, LAPPED, DAMAGED]) {
      expectSound(journalTopic(source, bounds), { preemptions: 2 }, 100);
    }
    expectSound(journalTopic(source, TWO), { preemptions: 1 }, 100);
  });
  test("when somebody dies at any step", () => {
    for (const bounds of [LEFT, JOINED]) {
      expectSound(journalTopic(source, bounds), { crashes: 1, preemptions: 1 }, 100);
    }
  });

  testSeeded<TopicSource>(SEEDED, ENTRY, (mutant) => [
    [journalTopic(mutant, DAMAGED), { preemptions: 1 }],
    [journalTopic(mutant, JOINED), { preemptions: 1 }],
    [journalTopic(mutant, LAPPED), { preemptions: 1 }],
    [journalTopic(mutant, LEFT), { crashes: 1, preemptions: 1 }],
    [journalTopic(mutant, JOINED), { crashes: 1, preemptions: 1 }],
  ]);

  testWhole("however often they take turns", () => {
    for (const bounds of [JOINED, LAPPED, TWO, ...MORE]) {
      expectSound(journalTopic(source, bounds), { preemptions: 3 }, 1000);
    }
    const more = { ...TWO, before: 1, sends: [2, 1] };
    expectSound(journalTopic(source, more), { preemptions: 2 }, 1000);
  });
  testWhole("when two die, or one of many", () => {
    for (const bounds of [JOINED, LAPPED]) {
      expectSound(journalTopic(source, bounds), { crashes: 2, preemptions: 1 }, 1000);
    }
    expectSound(journalTopic(source, TWO), { crashes: 1, preemptions: 1 }, 1000);
  });
  testWhole("on x86 and ARM64", () => {
    for (const bounds of [JOINED, LAPPED, TWO]) {
      expectSound(journalTopic(source, bounds), { order: "tso", preemptions: 2 }, 1000);
      expectSound(journalTopic(source, bounds), { order: "weak", preemptions: 1 }, 1000);
    }
  });
});
