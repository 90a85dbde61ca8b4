/**
 * What a process runs on, in one word that every segment carries: its creator's CPU and C library.
 *
 * ```text
 * bits  0-7  CPU                1 x64, 2 arm64
 * bits  8-15 C library          1 glibc, 2 musl, 3 macOS, 4 FreeBSD, 5 Windows
 * bits 16-31 mutex              bytes of its pthread_mutex_t on that CPU; 0 on Windows
 * ```
 *
 * @module
 */

/** What the C libraries are called, and what differs between them. */
const LIBRARIES = {
  glibc: { code: 1, system: "Linux", mutexBytes: { x64: 40, arm64: 48 } },
  musl: { code: 2, system: "Linux", mutexBytes: { x64: 40, arm64: 40 } },
  macOS: { code: 3, system: "macOS", mutexBytes: { x64: 64, arm64: 64 } },
  FreeBSD: { code: 4, system: "FreeBSD", mutexBytes: { x64: 8, arm64: 8 } },
  Windows: { code: 5, system: "Windows", mutexBytes: { x64: 0, arm64: 0 } },
} as const;

const CPUS = { x64: 1, arm64: 2 } as const;

/** A C library. */
export type Library = keyof typeof LIBRARIES;

type Cpu = keyof typeof CPUS;

/** What a process runs on. */
export interface Abi {
  readonly cpu: Cpu;
  readonly library: Library;
  /** The operating system, which decides by which locks its processes know who is alive. */
  readonly system: string;
  readonly mutexBytes: number;
}

/** The word of a process of this CPU on a C library; that of no process on a CPU that is not known. */
export function abiTag(library: Library): number {
  const { code } = LIBRARIES[library];
  const cpu = process.arch as Cpu;
  return ((CPUS[cpu] ?? 0) | (code << 8) | (mutexBytesOf(library) << 16)) >>> 0;
}

/** `sizeof(pthread_mutex_t)` on this CPU. */
export function mutexBytesOf(library: Library): number {
  return LIBRARIES[library].mutexBytes[process.arch as Cpu] ?? 0;
}

/** What a word means; undefined when it is that of nothing known. */
export function readAbi(tag: number): Abi | undefined {
  for (const [library, { code, system, mutexBytes }] of Object.entries(LIBRARIES)) {
    for (const [cpu, number] of Object.entries(CPUS) as [Cpu, number][]) {
      const bytes = mutexBytes[cpu];
      if (tag !== (number | (code << 8) | (bytes << 16))) continue;
      return { cpu, library: library as Library, system, mutexBytes: bytes };
    }
  }
  return undefined;
}
