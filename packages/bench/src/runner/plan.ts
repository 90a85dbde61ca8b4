/**
 * Which suites and cases a run consists of.
 *
 * @module
 */
import { CLAIMS, type ClaimSpec } from "../claims/claims.ts";
import { SUITES } from "../suites/suites.ts";
import type { CaseSpec, SuiteSpec } from "./suite.ts";

/** What is measured together, in a process of its own. */
export interface Job {
  readonly suite: SuiteSpec;
  readonly cases: readonly CaseSpec[];
}

/** A run before it begins. */
export interface Plan {
  readonly jobs: readonly Job[];
  readonly claims: readonly ClaimSpec[];
}

/** The id of a case, unique among all suites. */
export function caseId(suite: SuiteSpec, { name }: CaseSpec): string {
  return `${suite.id}.${name}`;
}

/** The groups of claims. */
export function groups(): string[] {
  return [...new Set(CLAIMS.map(({ group }) => group))];
}

/** All words that can be asked for: groups of claims, claims, and suites. */
export function choices(): string[] {
  const ids = [...CLAIMS, ...SUITES].map(({ id }) => id);
  return [...new Set([...groups(), ...ids])];
}

/**
 * Chooses what is measured.
 *
 * @param only Words of {@link choices}: a claim or a group of claims brings the cases it compares, a suite all of its
 * own. Everything, when there are none.
 * @returns The jobs in the order of the suites, and the claims that they decide.
 * @throws {RangeError} for a word that is none of the choices.
 */
export function planRun(only: readonly string[]): Plan {
  const known = new Set(choices());
  const unknown = only.find((word) => !known.has(word));
  if (unknown !== undefined) {
    throw new RangeError(`"${unknown}" is neither a claim nor a suite`);
  }
  const words = new Set(only);
  const asked = CLAIMS.filter(({ id, group }) => words.has(id) || words.has(group));
  const wanted = new Set(
    asked.flatMap(({ subject, baseline, evidence = [] }) => [subject, baseline, ...evidence]),
  );
  const isWanted = (suite: SuiteSpec, each: CaseSpec): boolean =>
    words.size === 0 || words.has(suite.id) || wanted.has(caseId(suite, each));
  const measured = new Set<string>();
  const jobs: Job[] = [];
  for (const suite of SUITES) {
    const cases = suite.cases.filter((each) => isWanted(suite, each));
    for (const each of cases) measured.add(caseId(suite, each));
    const groups = Map.groupBy(cases, (each) => each.process ?? each);
    for (const together of groups.values()) jobs.push({ suite, cases: together });
  }
  const claims = CLAIMS.filter(
    ({ subject, baseline }) => measured.has(subject) && measured.has(baseline),
  );
  return { jobs, claims };
}
