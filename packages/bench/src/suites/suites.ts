/**
 * All suites.
 *
 * @module
 */
import type { SuiteSpec } from "../runner/suite.ts";
import { BRIDGE_SUITES } from "./bridge/suites.ts";
import { FILE_SUITES } from "./files/suites.ts";
import { JOURNAL_SUITES } from "./journal/suites.ts";
import { MESSAGE_SUITES } from "./messages/suites.ts";
import { MICRO_SUITES } from "./micro/suites.ts";
import { REFERENCE_SUITES } from "./reference/suites.ts";
import { START_SUITES } from "./start/suites.ts";
import { STATE_SUITES } from "./state/suites.ts";
import { STORE_SUITES } from "./store/suites.ts";
import { WORKER_SUITES } from "./workers/suites.ts";

/** In the order in which they run. */
export const SUITES: readonly SuiteSpec[] = [
  ...FILE_SUITES,
  ...MESSAGE_SUITES,
  ...STATE_SUITES,
  ...STORE_SUITES,
  ...WORKER_SUITES,
  ...JOURNAL_SUITES,
  ...BRIDGE_SUITES,
  ...START_SUITES,
  ...REFERENCE_SUITES,
  ...MICRO_SUITES,
];

/**
 * The suite with an id.
 *
 * @throws {RangeError} when there is none.
 */
export function findSuite(id: string): SuiteSpec {
  const suite = SUITES.find((each) => each.id === id);
  if (suite === undefined) throw new RangeError(`There is no suite "${id}"`);
  return suite;
}
