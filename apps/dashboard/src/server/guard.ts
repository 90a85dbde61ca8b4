/**
 * Who may ask.
 *
 * The server listens on the loopback address only, but every page that the user's browser has open can send requests
 * there, and a name that its owner points at 127.0.0.1 ("DNS rebinding") makes such a page look like one of ours. So a
 * request must name this server as its host, must not come from another origin, and must prove with a token that it
 * comes from our page before it may change anything.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { TOKEN_HEADER } from "../wire/hello.ts";
import { HttpError } from "./http-error.ts";

/** The names by which a browser on this machine can reach the loopback address. */
const HOST_NAMES = ["127.0.0.1", "localhost", "[::1]"] as const;

/** Checks requests to one server. */
export class Guard {
  readonly #hosts: ReadonlySet<string>;
  readonly #token: string;

  /**
   * @param port Where the server listens.
   * @param token What every change must carry.
   */
  constructor(port: number, token: string) {
    this.#hosts = new Set(HOST_NAMES.map((name) => `${name}:${port}`));
    this.#token = token;
  }

  /**
   * Checks where a request comes from.
   *
   * @throws {HttpError} 403 for another host or origin.
   */
  checkSource(request: Request): void {
    const host = request.headers.get("host") ?? "";
    if (!this.#hosts.has(host)) {
      throw new HttpError(403, `Host must be this server's: received "${host}"`);
    }
    const origin = request.headers.get("origin");
    // Not any of the names: a page that was opened by one name calls the server by the same.
    if (origin !== null && origin !== `http://${host}`) {
      throw new HttpError(403, `Origin must be http://${host}: received "${origin}"`);
    }
    const site = request.headers.get("sec-fetch-site");
    const isNavigation = request.headers.get("sec-fetch-mode") === "navigate";
    // A page of another port is of the same site, and another's all the same.
    const isForeign = site === "cross-site" || site === "same-site";
    if (isForeign && !isNavigation) {
      throw new HttpError(403, "A page of another origin must not ask this server");
    }
  }

  /**
   * Checks that a request comes from our own page.
   *
   * @throws {HttpError} 403 when it does not have the token.
   */
  checkToken(request: Request): void {
    const sent = Buffer.from(request.headers.get(TOKEN_HEADER) ?? "");
    const wanted = Buffer.from(this.#token);
    if (sent.length !== wanted.length || !timingSafeEqual(sent, wanted)) {
      throw new HttpError(
        403,
        `${TOKEN_HEADER} must be the token that /events tells; reload the page`,
      );
    }
  }
}
