/**
 * Which server, and as whom.
 *
 * @module
 */
import {
  checkOptions,
  checkString,
  invalidType,
  type OptionNames,
  received,
} from "@isthmus/core/internal";

/** Where a server listens unless it was told otherwise. */
export const DEFAULT_SERVER = "nats://127.0.0.1:4222";

/** Files for a connection by TLS, in PEM. */
export interface TlsFiles {
  /** Certificates of the authorities that are trusted; those that the system trusts by default. */
  readonly caFile?: string | undefined;
  /** The certificate of this end, where the server wants one. */
  readonly certificateFile?: string | undefined;
  /** Its private key. */
  readonly keyFile?: string | undefined;
}

/** How a server is reached. */
export interface ServerOptions {
  /**
   * `nats://HOST:PORT`, or `tls://HOST:PORT` for a server that must speak TLS; several of one cluster as an array, or with
   * commas. It has no user name and no password: those are in `credentialsFile`. Default `nats://127.0.0.1:4222`.
   */
  readonly server?: string | readonly string[] | undefined;
  /**
   * Who this end is: the path of a `.creds` file as the tools of NATS write it, of an nkey seed, or of a JSON file with `user` and
   * `password`, or with `token`. It is read again for every connection, so that it may be replaced.
   */
  readonly credentialsFile?: string | undefined;
  /** Files for TLS; given, also empty, no other connection is made. */
  readonly tls?: TlsFiles | undefined;
}

/** What a URL must not be; what is in it is not told. */
const NO_SECRETS =
  "must have no user name, password or token (others see command lines and logs; put it into a file, and name that with credentialsFile)";

/** Their names, for the options of others that have these among them. */
export const SERVER_OPTIONS: OptionNames<ServerOptions> = {
  server: true,
  credentialsFile: true,
  tls: true,
};

const TLS_FILES: OptionNames<TlsFiles> = { caFile: true, certificateFile: true, keyFile: true };

/** Options that were found in order. */
export interface CheckedServer {
  /** At least one, as `nats://HOST:PORT` or `tls://HOST:PORT`. */
  readonly urls: readonly string[];
  readonly credentialsFile: string | undefined;
  /** Undefined where a connection need not be one by TLS. */
  readonly tls: TlsFiles | undefined;
}

/**
 * Checks how a server is reached, without reaching it.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`; its message never has the password of a URL that has one.
 */
export function checkServer(options: ServerOptions): CheckedServer {
  const { server = DEFAULT_SERVER, credentialsFile, tls } = options;
  const urls = serverList(server).map(checkUrl);
  const files = tls === undefined ? undefined : checkOptions("options.tls", tls, TLS_FILES);
  for (const [name, path] of Object.entries(files ?? {})) {
    if (path !== undefined) checkString(`options.tls.${name}`, path);
  }
  if (credentialsFile !== undefined) checkString("options.credentialsFile", credentialsFile);
  const isSecure = urls.some((url) => url.startsWith("tls:"));
  return { urls, credentialsFile, tls: files ?? (isSecure ? {} : undefined) };
}

function serverList(server: unknown): string[] {
  const given: unknown[] = [server].flat();
  if (given.length === 0) throw invalidType("options.server", "a URL, or several", server);
  return given.flatMap((each) => {
    const text = checkString("options.server", each);
    // Before it is taken apart: a comma may be in the password, whose half would be told as a server that is none.
    if (text.includes("@")) throw invalidServer(NO_SECRETS);
    return text.split(",").map((part) => part.trim());
  });
}

/** Checks one URL. What the client library drops without a word is refused here: a path, a scheme that it does not know. */
function checkUrl(text: string): string {
  const full = text.includes("://") ? text : `nats://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const isPlain = url && ["", "/"].includes(url.pathname) && url.search === "" && url.hash === "";
  if (!isPlain || !["nats:", "tls:"].includes(url.protocol) || url.hostname === "") {
    throw invalidServer(`must be nats://HOST:PORT or tls://HOST:PORT: ${received(text)}`);
  }
  return `${url.protocol}//${url.host}`;
}

function invalidServer(what: string): TypeError {
  const error = new TypeError(`The URL of a server ${what}`);
  return Object.assign(error, { code: "ERR_INVALID_ARG_VALUE" });
}
