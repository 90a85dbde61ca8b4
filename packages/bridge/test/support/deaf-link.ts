/**
 * A link to a server through which one thing is not heard that the server says.
 *
 * @module
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Where the link begins; it ends when disposed. */
export interface DeafLink extends AsyncDisposable {
  readonly url: string;
}

/**
 * Makes one.
 *
 * @param target The server.
 * @param said What it says.
 * @param heard What is heard instead, of the same length.
 */
export async function deafLink(
  target: { readonly host: string; readonly port: number },
  said: string,
  heard: string,
): Promise<DeafLink> {
  if (said.length !== heard.length) throw new RangeError(`"${heard}" must be as long as "${said}"`);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host: target.host, port: target.port, noDelay: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => other.destroy());
    }
    near.pipe(far);
    far.on("data", (chunk) => {
      near.write(chunk.toString("latin1").replaceAll(said, heard), "latin1");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `nats://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
