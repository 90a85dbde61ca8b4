/**
 * What bundles for browsers get for this package: the error of the package below, which says what to do, and every name,
 * because bundlers look for names before anything runs.
 *
 * @module
 */
import "@isthmus/core";

export let Bridge, bridge, bridgeCache, bridgeService, bridgeStruct;
