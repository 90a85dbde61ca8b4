/**
 * Judges a semaphore: never more holders than units, and at the end all units are back.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { Finding } from "../finding.ts";
import type { Testimony } from "../testimony.ts";
import { leakFindings } from "./leak-findings.ts";

/** Somebody takes a unit (1) or gives it back (-1). */
interface Step {
  readonly ticket: number;
  readonly change: 1 | -1;
  readonly id: number;
}

/**
 * See the module.
 *
 * @param testimonies Those of the semaphore's holders and its keeper.
 * @param units How many units there are.
 */
export function judgeUnits(testimonies: readonly Testimony[], units: number): Finding[] {
  const findings: Finding[] = leakFindings(testimonies);
  for (const era of new Set(testimonies.map((testimony) => testimony.era))) {
    const ofEra = testimonies.filter((testimony) => testimony.era === era);
    findings.push(...judgeOverlap(ofEra, units), ...judgeAudit(ofEra, units));
  }
  return findings;
}

/**
 * Taken is noted after it has happened, given back and killed before: whoever is found to hold a unit between the two
 * has held it all the time.
 */
function judgeOverlap(testimonies: readonly Testimony[], units: number): Finding[] {
  const findings: Finding[] = [];
  const steps = testimonies.flatMap((testimony) => stepsOf(testimony));
  steps.sort((left, right) => left.ticket - right.ticket);
  let holders = 0;
  for (const { change, id, ticket } of steps) {
    holders += change;
    if (change < 0 || holders <= units) continue;
    const detail = `${holders} holders of ${units} units at ticket ${ticket}`;
    findings.push({ fault: "torn", count: 1, participant: id, detail });
  }
  return findings;
}

function stepsOf({ id, events, killTicket }: Testimony): Step[] {
  const steps: Step[] = [];
  const log = events();
  let isHolding = false;
  for (let index = 0; index < log.length; index++) {
    const code = log.code(index);
    const ticket = log.ticket(index);
    // What it did between the driver's ticket and its death does not count.
    if (killTicket !== undefined && ticket > killTicket) break;
    if (code === EVENT.taken) steps.push({ ticket, change: 1, id });
    if (code === EVENT.giving) steps.push({ ticket, change: -1, id });
    if (code === EVENT.taken || code === EVENT.giving) isHolding = code === EVENT.taken;
  }
  if (isHolding && killTicket !== undefined) steps.push({ ticket: killTicket, change: -1, id });
  return steps;
}

function judgeAudit(testimonies: readonly Testimony[], units: number): Finding[] {
  const findings: Finding[] = [];
  for (const { id, events } of testimonies) {
    const log = events();
    for (let index = 0; index < log.length; index++) {
      if (log.code(index) !== EVENT.audited || log.value(index) === units) continue;
      const missing = units - log.value(index);
      const detail = `${log.value(index)} of ${units} units at the end`;
      const fault = missing > 0 ? "lost" : "duplicated";
      findings.push({ fault, count: Math.abs(missing), participant: id, detail });
    }
  }
  return findings;
}
