/**
 * The dashboard's server, for whoever starts it: `@isthmus/dashboard`.
 *
 * @module
 */
export type { DashboardOptions } from "./dashboard-server.ts";
export { DashboardServer } from "./dashboard-server.ts";
