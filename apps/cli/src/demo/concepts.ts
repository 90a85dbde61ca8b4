/**
 * The table of contents of the demonstration.
 *
 * @module
 */
import { basicUse } from "./basic-use.ts";
import { communication } from "./communication.ts";
import { largeFiles } from "./large-files.ts";
import { mappingFiles } from "./mapping-files.ts";
import { sharedMemory } from "./shared-memory.ts";
import type { DemoConcept } from "./step.ts";

/** The five concepts in order. */
export const CONCEPTS: readonly DemoConcept[] = [
  basicUse,
  mappingFiles,
  largeFiles,
  sharedMemory,
  communication,
];
