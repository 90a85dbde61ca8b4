/**
 * 1080p pictures at 60 a second, from a camera to a viewer that sleeps between them:
 * `bun examples/frames/main.ts [--seconds 5] [--width 1920] [--height 1080] [--fps 60]`.
 *
 * @module
 */
import { strictEqual } from "node:assert";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numberOptions, Program, runExample } from "../shared/processes.ts";
import { count, duration, printTable, quantile, ratio, size } from "../shared/report.ts";
import type { Shot } from "./camera.ts";
import { frameBytes } from "./frame.ts";
import type { Viewing } from "./viewer.ts";

const CAMERA = join(import.meta.dir, "camera.ts");
const VIEWER = join(import.meta.dir, "viewer.ts");
const defaults = { seconds: 5, width: 1920, height: 1080, fps: 60 };
const { seconds, width, height, fps } = numberOptions(defaults);
const frames = Math.round(seconds * fps);

await runExample(async (signal) => {
  using directory = mkdtempDisposableSync(join(tmpdir(), "isthmus-frames-"));
  const args = [width, height, fps, frames, join(directory.path, "frames.sock")];
  const rate = size(frameBytes(width, height) * fps);
  console.log(`${count(frames)} pictures of ${width} × ${height}, ${fps} a second: ${rate}/s`);
  const shoot = async (way: "memory" | "socket"): Promise<Viewing & Shot> => {
    await using viewer = new Program(signal, VIEWER, way, ...args);
    strictEqual(await viewer.next(), "ready");
    await using camera = new Program(signal, CAMERA, way, ...args);
    const [shot, viewing] = await Promise.all([camera.next<Shot>(), viewer.next<Viewing>()]);
    strictEqual(viewing.broken, 0);
    strictEqual(viewing.ages.length + shot.dropped, frames);
    return { ...viewing, ...shot, cpuMs: shot.cpuMs + viewing.cpuMs };
  };
  const socket = await shoot("socket");
  const memory = await shoot("memory");
  const row = (name: string, { ages, cpuMs, dropped }: Viewing & Shot): string[] => [
    name,
    duration(quantile(ages, 0.5)),
    duration(quantile(ages, 0.99)),
    duration(cpuMs / frames),
    count(dropped),
  ];
  printTable([
    ["pictures over", "seen: half within", "99 % within", "processor time each", "dropped"],
    row("a Unix socket", socket),
    row("shared memory", memory),
    [
      "",
      ratio(quantile(socket.ages, 0.5), quantile(memory.ages, 0.5)),
      "",
      ratio(socket.cpuMs, memory.cpuMs),
      "",
    ],
  ]);
});
