/**
 * What is answered at which path.
 *
 * @module
 */
import { latestResults } from "@isthmus/bench/results";
import { listSegments } from "@isthmus/ipc";
import type { DemonstrationRequest } from "../wire/demonstration-state.ts";
import type { Broadcaster } from "./broadcaster.ts";
import type { Demonstration } from "./demonstration.ts";
import { readDemonstrationRequest } from "./demonstration-request.ts";
import { EXPOSITION_TYPE } from "./exposition.ts";
import type { Guard } from "./guard.ts";
import { HttpError } from "./http-error.ts";
import { metricsText, type ServerFigures } from "./metrics-text.ts";
import type { PageFiles } from "./page-files.ts";
import { jsonResponse, textResponse } from "./responses.ts";
import type { Sampler } from "./sampler.ts";

/** What the answers are made from. */
export interface Services {
  readonly guard: Guard;
  readonly page: PageFiles;
  readonly sampler: Sampler;
  readonly broadcaster: Broadcaster;
  readonly demonstration: Demonstration;
  /** Where the benchmark leaves its results. */
  readonly resultsDirectory: string;
  readonly figures: () => ServerFigures;
}

type Handler = (request: Request, services: Services) => Response | Promise<Response>;

const TEXT_TYPE = "text/plain; charset=utf-8";

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  "/api/snapshot": {
    GET: async (_, { sampler }) => jsonResponse(await sampler.next()),
  },
  "/api/bench": {
    GET: (_, { resultsDirectory }) => jsonResponse(latestResults(resultsDirectory) ?? null),
  },
  "/api/demonstration": {
    GET: (_, { demonstration }) => jsonResponse(demonstration.state),
    POST: changeDemonstration,
  },
  "/events": {
    GET: (request, { broadcaster }) => broadcaster.open(lastEventIdOf(request)),
  },
  "/metrics": {
    GET: (_, { figures }) => textResponse(metricsText(listSegments(), figures()), EXPOSITION_TYPE),
  },
  "/healthz": {
    GET: () => textResponse("ok\n", TEXT_TYPE),
  },
};

/**
 * Answers a request.
 *
 * @returns Always an answer: what goes wrong is one, too.
 */
export async function respond(request: Request, services: Services): Promise<Response> {
  try {
    services.guard.checkSource(request);
    return await route(request, services);
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500;
    const message = error instanceof Error ? error.message : String(error);
    return textResponse(`${message}\n`, TEXT_TYPE, status);
  }
}

async function route(request: Request, services: Services): Promise<Response> {
  const { pathname } = new URL(request.url);
  const handlers = Object.hasOwn(ROUTES, pathname) ? ROUTES[pathname] : undefined;
  const method = request.method === "HEAD" ? "GET" : request.method;
  if (handlers === undefined) {
    const file = method === "GET" ? services.page.respond(pathname) : undefined;
    if (file !== undefined) return file;
    throw new HttpError(404, `There is nothing at ${pathname}; the page is at /`);
  }
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  if (handler === undefined) {
    throw new HttpError(405, `${pathname} answers ${Object.keys(handlers).join(" and ")} only`);
  }
  return await handler(request, services);
}

async function changeDemonstration(
  request: Request,
  { guard, demonstration }: Services,
): Promise<Response> {
  guard.checkToken(request);
  await obey(await readDemonstrationRequest(request), demonstration);
  return jsonResponse(demonstration.state);
}

async function obey(wish: DemonstrationRequest, demonstration: Demonstration): Promise<void> {
  if (wish.action === "stop") return await demonstration.stop();
  if (wish.action === "start") {
    const { action: _, ...parameters } = wish;
    return await demonstration.start(parameters);
  }
  if (!demonstration.kill(wish.role)) throw new HttpError(409, `No ${wish.role} is running`);
}

/** A browser that connects again by itself sends a header; a page that does so has only the address. */
function lastEventIdOf(request: Request): string {
  const header = request.headers.get("last-event-id");
  return header ?? new URL(request.url).searchParams.get("last-event-id") ?? "";
}
