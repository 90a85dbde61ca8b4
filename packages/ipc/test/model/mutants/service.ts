/** Seeded bugs of requests and replies. */
import type { Seeded } from "../checker/seeded.ts";
import type { Mistake } from "../checker/source.ts";

const bugIn =
  (file: string) =>
  (from: string, to: string): Mistake[] => [{ file: `service/${file}`, from, to }];

const inRequests = bugIn("request-lane.ts");
const inAnswers = bugIn("answer-lane.ts");
const inService = bugIn("service.ts");

const LOOK = "    const term = this.#responder.look();\n    const reader = this.#reader;\n";
const RELEASE = "    if (reader.release()) this.#service.room.wake();\n";

export const BUGS: Seeded = {
  "taking the replies to the last owner of the lane": inRequests(
    "const isOurs = reader.generation === this.#generation;",
    "const isOurs = true;",
  ),
  "going on with the last owner's generation": inRequests(
    "(service.words.add(word + SERVICE_LANE.generation, 1) + 1) | 0",
    "service.words.load(word + SERVICE_LANE.generation)",
  ),
  "handling what was for the last responder": inAnswers(
    "if (reader.detail === this.#term && this.#isCurrent(reader.generation)) return true;",
    "if (this.#isCurrent(reader.generation)) return true;",
  ),
  "looking who answers after the replies": [
    ...inRequests(LOOK, "    const reader = this.#reader;\n"),
    ...inRequests(RELEASE, `${RELEASE}    const term = this.#responder.look();\n`),
  ],
  "waiting for a responder that is gone": inRequests(
    "    if (term !== this.#responder.term) this.#changeTerm(term);\n",
    "    if (this.#responder.term === 0) this.#changeTerm(term);\n",
  ),
  "rejecting what is for the responder that is there": inRequests(
    "(request) => request.term !== 0 && request.term !== term",
    "(request) => request.term !== term",
  ),
  "the same term for every responder": inService(
    "    const next = (this.words.add(word, 1) + 1) | 0;\n",
    "    const next = 1;\n    this.words.store(word, 1);\n",
  ),
  "freeing the place before the term is over": inService(
    "  words.store(base + SERVICE.serving, 0);\n  words.compareExchange(base + SERVICE.responder, slot + 1, 0);\n",
    "  words.compareExchange(base + SERVICE.responder, slot + 1, 0);\n  words.store(base + SERVICE.serving, 0);\n",
  ),
};
