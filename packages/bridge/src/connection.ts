/**
 * A connection to a server, which comes back when it is lost.
 *
 * @module
 */
import { constants } from "node:os";
import { NotSupportedError, SystemError, TimeoutError } from "@isthmus/core";
import {
  type ConnectionOptions,
  connect,
  errors,
  type NatsConnection,
} from "@nats-io/transport-node";
import { credentialsOf, readSecret } from "./credentials.ts";
import { isSince, SERVER_MINIMUM, type ServerFeature, SINCE } from "./server-features.ts";
import { type CheckedServer, checkServer, type ServerOptions } from "./server-options.ts";

/** Between two attempts. */
const ATTEMPT_MS = 250;
/** One attempt has to end by then. */
const HANDSHAKE_MS = 5_000;
const PING_MS = 2_000;
const PINGS_MAX = 2;

/** How a connection is begun. */
export interface OpenOptions {
  /** What the server's own tools call this end. */
  readonly name: string;
  /** Whether to try again until the server is there. What will not do however long one waits, as wrong credentials, fails at once. */
  readonly wait?: boolean | undefined;
  /** Ends the waiting, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long one attempt may take. Default 5 s. */
  readonly handshakeMs?: number | undefined;
  /** How often to ask whether the server is still there; a link that is cut without a word is noticed after three times. Default 2 s. */
  readonly pingMs?: number | undefined;
}

/** Told when the connection is lost and when it is back. */
export type ConnectionListener = (isConnected: boolean) => void;

/** A connection to a server. When it is lost, it is made again, however long that takes. */
export class ServerConnection implements AsyncDisposable {
  /**
   * The client library's connection. **What is published between the loss of the connection and its return is thrown away without
   * a word, and what was published shortly before may have been**: only an acknowledgement of the server counts.
   *
   * @internal Its types do not hold for every compiler's options.
   */
  readonly nats: NatsConnection;
  readonly #listeners = new Set<ConnectionListener>();
  #isConnected = true;
  #connects = 1;
  #maxPayload: number;
  #version: string;

  private constructor(nats: NatsConnection) {
    this.nats = nats;
    this.#maxPayload = nats.info?.max_payload ?? 0;
    this.#version = nats.info?.version ?? "";
    void this.#follow();
  }

  /**
   * Connects.
   *
   * @param server Which server, and as whom.
   * @param options How.
   * @throws {TypeError} `ERR_INVALID_ARG_VALUE`: a URL that is none, or one with a password in it; credentials that are none.
   * @throws {SystemError} `ECONNREFUSED`: nobody listens; `EACCES`: the server does not know these credentials; `ECONNRESET`: any
   *   other reason, as a certificate that is not trusted; of a file of credentials or certificates: why it cannot be read.
   * @throws {TimeoutError} No answer in 5 s.
   * @throws {NotSupportedError} The server is older than 2.9.4, or has no JetStream.
   */
  static async open(server: ServerOptions, options: OpenOptions): Promise<ServerConnection> {
    const checked = checkServer(server);
    // The library reads them for each connection, and says of one that is missing little more than that it is.
    for (const path of Object.values<string | undefined>({ ...checked.tls })) {
      if (path !== undefined) readSecret(path, "file for TLS");
    }
    const connection = new ServerConnection(await dial(checked, options));
    try {
      connection.#check(checked);
      return connection;
    } catch (error) {
      await connection.nats.close();
      throw error;
    }
  }

  /** Whether there is a connection now, as far as this end knows. */
  get isConnected(): boolean {
    return this.#isConnected && !this.nats.isClosed();
  }

  /** How often it was made, from 1. What was published before this number became another may be lost. */
  get connects(): number {
    return this.#connects;
  }

  /** The version of the server, also while it is away. */
  get version(): string {
    return this.#version;
  }

  /** How many bytes a message may have with its headers. */
  get maxPayload(): number {
    return this.#maxPayload;
  }

  /** Whether the server really does something, and does not only accept it. */
  supports(feature: ServerFeature): boolean {
    return isSince(this.#version, SINCE[feature]);
  }

  /** Tells of every loss and every return, in the order in which they come. */
  watch(listener: ConnectionListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Sends what is still to be sent, where there is a connection, and ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Of a server that is away, draining would wait for an answer that never comes.
    if (this.isConnected) await this.nats.flush().catch(() => {});
    await this.nats.close();
  }

  #check({ urls }: CheckedServer): void {
    const where = `Cannot use the server at ${urls.join(", ")}`;
    if (!isSince(this.#version, SERVER_MINIMUM)) {
      const needs = `it needs ${SERVER_MINIMUM} or later`;
      throw new NotSupportedError(`${where}: it is nats-server ${this.#version}; ${needs}`);
    }
    if (this.nats.info?.jetstream !== true) {
      const todo = `start it with "-js", or with a "jetstream" block in its configuration`;
      throw new NotSupportedError(`${where}: it has no JetStream; ${todo}`);
    }
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.nats.status()) {
      if (type === "disconnect") this.#tell(false);
      if (type !== "reconnect") continue;
      this.#connects++;
      this.#maxPayload = this.nats.info?.max_payload ?? this.#maxPayload;
      this.#version = this.nats.info?.version ?? this.#version;
      this.#tell(true);
    }
  }

  #tell(isConnected: boolean): void {
    this.#isConnected = isConnected;
    for (const listener of this.#listeners) listener(isConnected);
  }
}

/** Dials until there is a connection, or until there will be none. */
async function dial(server: CheckedServer, options: OpenOptions): Promise<NatsConnection> {
  const connecting = connectionOptions(server, options);
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await connect(connecting);
    } catch (error) {
      const reason = dialError(error, server, connecting);
      if (!options.wait || !isPassing(reason)) throw reason;
    }
    await pause(ATTEMPT_MS, options.signal);
  }
}

function connectionOptions(
  { urls, credentialsFile, tls }: CheckedServer,
  { name, handshakeMs = HANDSHAKE_MS, pingMs = PING_MS }: OpenOptions,
): ConnectionOptions {
  return {
    name,
    servers: [...urls],
    noEcho: true,
    timeout: handshakeMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: ATTEMPT_MS,
    pingInterval: pingMs,
    maxPingOut: PINGS_MAX,
    // By default the library gives up after the second refusal: credentials may be on their way to the server, or to this machine.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    ...(credentialsFile !== undefined && { authenticator: credentialsOf(credentialsFile) }),
    ...(tls !== undefined && {
      tls: {
        ...(tls.caFile !== undefined && { caFile: tls.caFile }),
        ...(tls.certificateFile !== undefined && { certFile: tls.certificateFile }),
        ...(tls.keyFile !== undefined && { keyFile: tls.keyFile }),
      },
    }),
  };
}

/** Whether it is worth trying again: nobody listens, nobody answers, or the link was cut while it was being made. */
function isPassing(reason: Error): boolean {
  if (reason instanceof TimeoutError) return true;
  if (!(reason instanceof SystemError)) return false;
  return reason.code === "ECONNREFUSED" || isCut(reason.cause);
}

/** Whether an error is that of a connection that was cut; the library knows no reason for some of them. */
function isCut(cause: unknown): boolean {
  const { code, message } = cause as { readonly code?: string; readonly message?: string };
  return code === "ECONNRESET" || code === "EPIPE" || /undefined error/u.test(message ?? "");
}

function dialError(
  error: unknown,
  { urls, tls }: CheckedServer,
  { timeout }: ConnectionOptions,
): Error {
  const what = `Cannot connect to the server at ${urls.join(", ")}`;
  if (error instanceof errors.TimeoutError) {
    // The server's refusal comes when this end believes to be connected, and the library waits on.
    const isUnknown = tls !== undefined && tls.certificateFile === undefined;
    const why = isUnknown ? "; it may want a certificate: name one with tls.certificateFile" : "";
    const late = `${what}: it has not answered in ${timeout} ms${why}`;
    return new TimeoutError(late, { cause: error });
  }
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof errors.AuthorizationError) {
    const todo = "it wants other credentials; name a file that has them with credentialsFile";
    return refusal("EACCES", `${what}: ${todo}`, error);
  }
  if (message === "connection refused") {
    return refusal("ECONNREFUSED", `${what}: nobody listens there; is nats-server running?`, error);
  }
  return refusal("ECONNRESET", `${what}: ${message}`, error);
}

function refusal(code: "EACCES" | "ECONNREFUSED" | "ECONNRESET", what: string, cause: unknown) {
  const details = { code, errno: constants.errno[code], syscall: "connect" };
  return new SystemError(what, details, { cause });
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
