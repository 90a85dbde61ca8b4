/**
 * Who this end is, by a file.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fromNodeError } from "@isthmus/core/internal";
import {
  type Authenticator,
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/transport-node";

/** The first line of what the tools of NATS write. */
const CREDS = /^-+BEGIN NATS USER JWT-+$/m;
/** The seed of a user's key. */
const SEED = /^SU[A-Z2-7]{56}$/;

/**
 * Makes what answers a server's question who this is. The file is read for each answer; while there is none that will do, as it may
 * be when it is just being replaced, the last one holds: the client library would end the connection for good.
 *
 * @param path The file: `.creds`, a seed, or JSON with `user` and `password` or with `token`.
 * @throws {SystemError} When it cannot be read now.
 * @throws {TypeError} `ERR_INVALID_ARG_VALUE` when it is none of these; what is in it is not told.
 */
export function credentialsOf(path: string): Authenticator {
  let latest = readCredentials(path);
  return (nonce) => {
    try {
      latest = readCredentials(path);
    } catch {
      // The last one may still do; if not, the server says so.
    }
    return latest(nonce);
  };
}

function readCredentials(path: string): Authenticator {
  const bytes = readSecret(path, "file of credentials");
  const text = bytes.toString("utf8").trim();
  if (CREDS.test(text)) return credsAuthenticator(bytes);
  if (SEED.test(text)) return nkeyAuthenticator(Buffer.from(text));
  const { user, password, token } = parse(text);
  if (typeof token === "string") return tokenAuthenticator(token);
  if (typeof user === "string" && typeof password === "string") {
    return usernamePasswordAuthenticator(user, password);
  }
  const what = "a .creds file, an nkey seed, or JSON with user and password, or with token";
  const error = new TypeError(`Cannot use the credentials in "${path}": they must be ${what}`);
  throw Object.assign(error, { code: "ERR_INVALID_ARG_VALUE" });
}

/**
 * Reads a file that says who somebody is.
 *
 * @throws {SystemError} When it cannot be read.
 */
export function readSecret(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fromNodeError(error, `read the ${what} "${path}"`);
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
