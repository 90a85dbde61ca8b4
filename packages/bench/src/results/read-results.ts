/**
 * Reading `results.json`.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { type BenchResults, SCHEMA_VERSION } from "./bench-results.ts";

/** A file that is there and is no results file that this version understands. */
export class BadResultsError extends Error {
  override readonly name: string = "BadResultsError";
  readonly code = "ERR_BAD_RESULTS";
}

/**
 * Reads a results file.
 *
 * @param path The file.
 * @returns What it holds.
 * @throws {Error} with Node's code (`ENOENT`, …) when it cannot be read.
 * @throws {BadResultsError} when it is not a results file, or one of another version.
 */
export function readResults(path: string): BenchResults {
  const text = readFileSync(path, "utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BadResultsError(`Cannot read results from "${path}": it is not JSON`, { cause });
  }
  if (!isRecord(value) || value["kind"] !== "isthmus-bench") {
    throw new BadResultsError(
      `Cannot read results from "${path}": its kind must be "isthmus-bench"; write one with isthmus benchmark`,
    );
  }
  if (value["schema_version"] !== SCHEMA_VERSION) {
    throw new BadResultsError(
      `Cannot read results from "${path}": schema_version must be ${SCHEMA_VERSION}: received ${value["schema_version"]}; measure again with this version`,
    );
  }
  for (const field of ["cases", "claims", "warnings"]) {
    if (!Array.isArray(value[field])) {
      throw new BadResultsError(`Cannot read results from "${path}": ${field} must be an array`);
    }
  }
  if (!isRecord(value["machine"]) || !isRecord(value["parameters"])) {
    throw new BadResultsError(`Cannot read results from "${path}": machine or parameters missing`);
  }
  return value as unknown as BenchResults;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
