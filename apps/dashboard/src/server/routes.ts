/**
 * What is answered at which path.
 *
 * @module
 */
import { latestResults } from "@isthmus/bench/results";
import { listSegments } from "@isthmus/ipc";
import { SharedCounters } from "@isthmus/store";
import type { DemonstrationRequest } from "../wire/demonstration-state.ts";
import type { Broadcaster } from "./broadcaster.ts";
import type { Demonstration } from "./demonstration.ts";
import { readDemonstrationRequest } from "./demonstration-request.ts";
import type { Guard } from "./guard.ts";
import { HttpError } from "./http-error.ts";
import { metricsText, type ServerFigures } from "./metrics-text.ts";
import type { PageFiles } from "./page-files.ts";
import { errorResponse, jsonResponse, TEXT_TYPE, textResponse } from "./responses.ts";
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

/** The stream has no end that a `HEAD` could wait for. */
const EVENTS = "/events";

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
  [EVENTS]: {
    GET: (request, { broadcaster }) => broadcaster.open(lastEventIdOf(request)),
  },
  "/metrics": {
    GET: (_, { figures }) =>
      textResponse(metricsText(listSegments(), figures()), SharedCounters.contentType),
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
    return errorResponse(error);
  }
}

async function route(request: Request, services: Services): Promise<Response> {
  const { pathname } = new URL(request.url);
  const handlers = handlersOf(pathname, services);
  if (handlers === undefined) {
    throw new HttpError(404, `There is nothing at ${pathname}; the page is at /`);
  }
  const isHead = request.method === "HEAD" && pathname !== EVENTS;
  const method = isHead ? "GET" : request.method;
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  if (handler === undefined) {
    const methods = Object.keys(handlers);
    if (pathname !== EVENTS) methods.push("HEAD");
    const message = `${pathname} answers ${methods.join(" and ")} only`;
    throw new HttpError(405, message, { allow: methods.join(", ") });
  }
  return await handler(request, services);
}

function handlersOf(
  pathname: string,
  { page }: Services,
): Readonly<Record<string, Handler>> | undefined {
  if (Object.hasOwn(ROUTES, pathname)) return ROUTES[pathname];
  const file = page.respond(pathname);
  return file && { GET: () => file };
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
