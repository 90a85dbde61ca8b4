/**
 * An authority of one's own, and what it has signed.
 *
 * @module
 */
import type { TemporaryDirectory } from "@isthmus/testing/temporary-directory";

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

/** Whether there is what makes them. */
export const hasOpenssl: boolean = Bun.which("openssl") !== null;

/** Makes an authority, a certificate for a server on loopback, and one for a client. */
export function makeCertificates(directory: TemporaryDirectory): Certificates {
  const key = (name: string): string => directory.file(`${name}.key`);
  const certificate = (name: string): string => directory.file(`${name}.pem`);
  const extensions = directory.file("extensions", "subjectAltName = IP:127.0.0.1\n");
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
  const subject = (name: string): string[] => ["-subj", `/CN=${name}`, "-keyout", key(name)];
  openssl("req", "-x509", ...newKey, ...subject("ca"), "-out", certificate("ca"));
  for (const name of ["server", "client"]) {
    const request = directory.file(`${name}.csr`);
    openssl("req", ...newKey, ...subject(name), "-out", request);
    const signing = ["-CA", certificate("ca"), "-CAkey", key("ca"), "-CAcreateserial"];
    const out = ["-extfile", extensions, "-out", certificate(name)];
    openssl("x509", "-req", "-in", request, ...signing, ...out);
  }
  return {
    ca: certificate("ca"),
    serverCertificate: certificate("server"),
    serverKey: key("server"),
    clientCertificate: certificate("client"),
    clientKey: key("client"),
  };
}

function openssl(...parameters: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["openssl", ...parameters], { stdout: "ignore" });
  if (exitCode !== 0) throw new Error(`openssl ${parameters.join(" ")}: ${stderr.toString()}`);
}
