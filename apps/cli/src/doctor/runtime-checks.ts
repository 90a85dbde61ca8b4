/**
 * What the program runs on.
 *
 * @module
 */
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { type Abi, platform, readAbi, runtimeOf } from "@isthmus/core/internal";
import { type Check, fail, isWindows, ok } from "./check.ts";

/** What the first PID namespace of a Linux system is called (PROC_PID_INIT_INO in the kernel). */
const FIRST_PID_NAMESPACE = "pid:[4026531836]";

/** The checks of runtime, C library and surroundings. */
export const runtimeChecks: readonly Check[] = [
  { name: "runtime", run: checkRuntime },
  { name: "c library", run: checkLibrary },
  { name: "page size", run: () => ok(`${platform().pageSizeBytes} bytes`) },
  { name: "processes", run: checkProcesses },
];

function checkRuntime() {
  const { name, version } = runtimeOf();
  const where = `${name} ${version} on ${process.platform} ${process.arch}`;
  try {
    platform();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(`${where}: ${why}`, "files and named memory work; run on Linux for the rest");
  }
  return ok(where);
}

/** A container of musl and a host of glibc share everything but the mutexes of their C libraries. */
function checkLibrary() {
  const { library, cpu, system } = readAbi(platform().abiTag) as Abi;
  const where = `${library} on ${cpu}`;
  if (isWindows) return ok(`none that matters: shares everything with all processes on ${cpu}`);
  if (platform().robustMutexes === undefined) {
    return ok(`${where}: shares everything with processes of any C library of ${system} on ${cpu}`);
  }
  return ok(
    `${where}: other C libraries share what has no mutex, and mutexes and structs of creators with ISTHMUS_MUTEX=portable`,
  );
}

function checkProcesses() {
  const container = containerHint();
  const where = container === undefined ? "no container seen" : `in a container (${container})`;
  const namespace = pidNamespace();
  if (namespace === undefined) return ok(where);
  if (namespace === FIRST_PID_NAMESPACE) return ok(`${where}, the system's own process numbers`);
  return ok(
    `${where}, process numbers of a namespace (${namespace}): participants outside it show other pids, their deaths are seen all the same`,
  );
}

function pidNamespace(): string | undefined {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return undefined; // not Linux, or no /proc
  }
}

function containerHint(): string | undefined {
  if (existsSync("/.dockerenv")) return "/.dockerenv";
  if (existsSync("/run/.containerenv")) return "/run/.containerenv";
  if (process.env["KUBERNETES_SERVICE_HOST"] !== undefined) return "Kubernetes";
  try {
    const groups = readFileSync("/proc/1/cgroup", "utf8");
    return /docker|kubepods|containerd|lxc/.exec(groups)?.[0];
  } catch {
    return undefined;
  }
}
