/**
 * What of the counters is modelled, as one module, so that all of it can have a bug in it.
 *
 * @module
 */
export { Columns } from "../../src/counters/columns.ts";
export { definitionOf } from "../../src/counters/definition.ts";
export { Directory, keyOf } from "../../src/counters/directory.ts";
export { readFamilies } from "../../src/counters/exposition.ts";
export { Registry } from "../../src/counters/registry.ts";
export { CounterSeries, GaugeSeries } from "../../src/counters/series.ts";
