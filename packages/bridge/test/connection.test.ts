/** Connections to a real server, which is killed and started again, and to which the link is cut. */
import { describe, expect, test } from "bun:test";
import { NatsServer } from "@isthmus/programs/nats-server";
import { TcpLink } from "@isthmus/programs/tcp-link";
import { expectRejection } from "@isthmus/testing/expect-code";
import { patient, until } from "@isthmus/testing/patience";
import { testIf } from "@isthmus/testing/requirement";
import { hasServer, serverTest } from "@isthmus/testing/server-test";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { headers, nkeys } from "@nats-io/transport-node";
import { type OpenOptions, ServerConnection } from "../src/connection.ts";
import type { ServerOptions } from "../src/server-options.ts";
import { hasOpenssl, makeCertificates } from "./support/certificates.ts";

async function open(
  options: ServerOptions,
  how: Partial<OpenOptions> = {},
): Promise<ServerConnection> {
  return await ServerConnection.open(options, { name: "test", ...how });
}

describe("ServerConnection.open()", () => {
  serverTest("tells what the server is", async () => {
    await using server = await NatsServer.start({ settings: "max_payload: 64KB" });
    await using connection = await open({ server: server.url });
    expect(connection).toMatchObject({ isConnected: true, connects: 1, maxPayload: 65536 });
    expect(connection.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(connection.supports("atomicBatch")).toBe(
      Bun.semver.satisfies(connection.version, ">=2.12.0"),
    );
  });

  serverTest("knows what a server accepts and does not do", async () => {
    await using server = await NatsServer.start();
    await using connection = await open({ server: server.url });
    const client = jetstream(connection.nats);
    const { streams } = await jetstreamManager(connection.nats);
    await streams.add({ name: "X", subjects: ["x"] });
    /** Whether the server takes something that it has not been told to do. */
    const isTaken = async (subject: string, asked: Record<string, string>): Promise<boolean> => {
      const wanted = headers();
      for (const [name, value] of Object.entries(asked)) wanted.set(name, value);
      const publishing = client.publish(subject, "", {
        headers: wanted,
        retries: 0,
        timeout: patient(20_000),
      });
      return await publishing.then(
        () => true,
        () => false,
      );
    };
    // A newer server refuses each of these where the stream was not made for it.
    const life = { "Nats-TTL": "1s" };
    expect(await isTaken("x", life)).toBe(!connection.supports("messageTtl"));
    await new Kvm(client).create("bucket");
    expect(await isTaken("$KV.bucket.key", life)).toBe(!connection.supports("kvTtl"));
    const first = { "Nats-Batch-Id": "one", "Nats-Batch-Sequence": "1" };
    expect(await isTaken("x", first)).toBe(!connection.supports("atomicBatch"));
  });

  serverTest("refuses a server without JetStream, in words", async () => {
    await using server = await NatsServer.start({ jetstream: null });
    const opening = open({ server: server.url });
    const { message } = await expectRejection(opening, "NotSupportedError", "ERR_NOT_SUPPORTED");
    expect(message).toEndWith(
      `it has no JetStream; start it with "-js", or with a "jetstream" block in its configuration`,
    );
  });

  serverTest("says when nobody listens", async () => {
    await using server = await NatsServer.start();
    await server.kill();
    const opening = open({ server: server.url });
    const { message } = await expectRejection(opening, "SystemError", "ECONNREFUSED");
    expect(message).toBe(
      `Cannot connect to the server at ${server.url}: nobody listens there; is nats-server running?`,
    );
  });

  serverTest("waits for a server that is not there yet, if asked to", async () => {
    await using server = await NatsServer.start();
    await server.kill();
    const opening = open({ server: server.url }, { wait: true });
    await server.restart();
    await using connection = await opening;
    expect(connection.isConnected).toBeTrue();
  });

  serverTest("stops waiting when it is told to", async () => {
    await using server = await NatsServer.start();
    await server.kill();
    const giveUp = new AbortController();
    const opening = open({ server: server.url }, { wait: true, signal: giveUp.signal });
    giveUp.abort(new Error("enough"));
    expect(await opening.catch((error: Error) => error.message)).toBe("enough");
  });
});

describe("credentials", () => {
  const user = nkeys.createUser();
  const kinds: Readonly<Record<string, readonly [settings: string, file: string]>> = {
    "a token": [`authorization { token: "s3cret" }`, `{"token": "s3cret"}`],
    "a password": [
      `authorization { user: "u", password: "s3cret" }`,
      `{"user": "u", "password": "s3cret"}`,
    ],
    "a key": [
      `authorization { users: [{ nkey: "${user.getPublicKey()}" }] }`,
      `${new TextDecoder().decode(user.getSeed())}\n`,
    ],
  };
  for (const [what, [settings, content]] of Object.entries(kinds)) {
    serverTest(`by ${what} in a file`, async () => {
      using directory = new TemporaryDirectory();
      await using server = await NatsServer.start({ settings });
      const credentialsFile = directory.file("credentials", content);
      await using connection = await open({ server: server.url, credentialsFile });
      expect(connection.isConnected).toBeTrue();
    });
  }

  serverTest("that are wrong are refused at once, also by who waits", async () => {
    using directory = new TemporaryDirectory();
    await using server = await NatsServer.start({ settings: `authorization { token: "right" }` });
    const credentialsFile = directory.file("credentials", `{"token": "wrong"}`);
    for (const options of [{ server: server.url }, { server: server.url, credentialsFile }]) {
      const opening = open(options, { wait: true });
      const { message } = await expectRejection(opening, "SystemError", "EACCES");
      expect(message).toContain("credentialsFile");
    }
  });

  serverTest("that are replaced are used for the next connection", async () => {
    using directory = new TemporaryDirectory();
    await using server = await NatsServer.start({ settings: `authorization { token: "old" }` });
    const credentialsFile = directory.file("credentials", `{"token": "old"}`);
    await using connection = await open({ server: server.url, credentialsFile });
    await server.kill();
    directory.file("credentials", `{"token": "new"}`);
    await server.restart(`authorization { token: "new" }`);
    await until(() => connection.connects === 2 && connection.isConnected, "another connection");
  });

  test("that cannot be read, or are none, are refused without telling them", async () => {
    using directory = new TemporaryDirectory();
    const missing = { credentialsFile: directory.file("missing") };
    await expectRejection(open(missing), "SystemError", "ENOENT");
    for (const content of ["s3cret", `{"password": "s3cret"}`, `"s3cret"`, ""]) {
      const credentialsFile = directory.file("credentials", content);
      const opening = open({ credentialsFile });
      const { message } = await expectRejection(opening, "TypeError", "ERR_INVALID_ARG_VALUE");
      expect(message).not.toContain("s3cret");
    }
  });
});

describe("TLS", () => {
  const tlsTest = testIf(hasServer && hasOpenssl, "nats-server and the command openssl");

  tlsTest("by files, and no other connection where it was asked for", async () => {
    using directory = new TemporaryDirectory();
    const { ca, ...files } = makeCertificates(directory);
    const settings = `tls {
      cert_file: "${files.serverCertificate}"
      key_file: "${files.serverKey}"
      ca_file: "${ca}"
      verify: true
    }`;
    await using secure = await NatsServer.start({ settings });
    const url = secure.url.replace("nats:", "tls:");
    const own = { certificateFile: files.clientCertificate, keyFile: files.clientKey };
    await using connection = await open({ server: url, tls: { caFile: ca, ...own } });
    expect(connection.isConnected).toBeTrue();
    expect(connection.nats.info?.tls_required).toBeTrue();
    // The server wants to know who it is; and who it is must be known here.
    const unknown = open({ server: url, tls: { caFile: ca } }, { handshakeMs: 300 });
    const { message } = await expectRejection(unknown, "TimeoutError", "ETIMEDOUT");
    expect(message).toContain("name one with tls.certificateFile");
    await expectRejection(open({ server: url, tls: own }), "SystemError", "ECONNRESET");
    const missing = { ...own, caFile: directory.file("missing") };
    await expectRejection(open({ server: url, tls: missing }), "SystemError", "ENOENT");

    await using plain = await NatsServer.start();
    for (const options of [
      { server: plain.url.replace("nats:", "tls:") },
      { server: plain.url, tls: {} },
    ]) {
      const { message } = await expectRejection(open(options), "SystemError", "ECONNRESET");
      expect(message).toContain("tls");
    }
  });
});

describe("a connection that is lost", () => {
  serverTest("comes back when the server was killed and started again", async () => {
    await using server = await NatsServer.start({ settings: "max_payload: 64KB" });
    await using connection = await open({ server: server.url });
    const told: boolean[] = [];
    using _watch = connection.watch((isConnected) => told.push(isConnected));
    await server.kill();
    await until(() => !connection.isConnected, "the loss");
    expect(connection.maxPayload).toBe(65536);
    await server.restart("max_payload: 32KB");
    await until(() => connection.isConnected, "the return");
    expect(connection).toMatchObject({ connects: 2, maxPayload: 32768 });
    expect(told).toEqual([false, true]);
  });

  serverTest("comes back when its link was cut and healed", async () => {
    await using server = await NatsServer.start();
    await using link = await TcpLink.to(server);
    await using connection = await open({ server: link.url });
    link.cut();
    await until(() => !connection.isConnected, "the loss");
    link.heal();
    await until(() => connection.isConnected, "the return");
    await connection.nats.flush();
  });

  serverTest("is noticed also when its link lets nothing through any more", async () => {
    await using server = await NatsServer.start();
    await using link = await TcpLink.to(server);
    await using connection = await open({ server: link.url }, { pingMs: 100 });
    link.freeze();
    await until(() => !connection.isConnected, "the loss");
    link.heal();
    await until(() => connection.isConnected, "the return");
  });

  serverTest("throws away what is published meanwhile, without a word", async () => {
    await using server = await NatsServer.start();
    await using link = await TcpLink.to(server);
    await using sender = await open({ server: link.url });
    await using receiver = await open({ server: server.url });
    const received: string[] = [];
    receiver.nats.subscribe("told", {
      callback: (_error, message) => void received.push(message.string()),
    });
    await receiver.nats.flush();
    link.cut();
    await until(() => !sender.isConnected, "the loss");
    sender.nats.publish("told", "while it is away");
    link.heal();
    await until(() => sender.isConnected, "the return");
    sender.nats.publish("told", "when it is back");
    await until(() => received.length > 0, "a message");
    expect(received).toEqual(["when it is back"]);
  });

  serverTest("can be disposed", async () => {
    await using server = await NatsServer.start();
    const connection = await open({ server: server.url });
    await server.kill();
    await until(() => !connection.isConnected, "the loss");
    await connection[Symbol.asyncDispose]();
    await connection[Symbol.asyncDispose]();
    expect(connection.isConnected).toBeFalse();
  });
});
