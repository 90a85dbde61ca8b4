/**
 * Where the reports are.
 *
 * @module
 */
import { join } from "node:path";
import type { DeclarationReflection } from "typedoc";
import { ROOT } from "./declarations.ts";

/** Their directory. */
export const REPORTS: string = join(ROOT, "docs", "api");

/** The report of a package. */
export function reportPath({ name }: DeclarationReflection): string {
  return join(REPORTS, `${name.split("/")[1]}.md`);
}
