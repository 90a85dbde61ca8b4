/**
 * What becomes of a region when its mapping is disposed: it is unmapped at once, unless somebody still uses a part of it.
 *
 * @module
 */
import { type Address, platform, type RangeGuard } from "./native/platform.ts";
import { detach } from "./windows.ts";

/** What must live as long as a buffer that is reachable only through a typed array. */
export const KEPT_ALIVE: WeakMap<ArrayBuffer, unknown> = new WeakMap();

/**
 * Regions that can never be unmapped, because a buffer that owns nothing of them was transferred away and may
 * still be read.
 */
const LEAKED: unknown[] = [];

/** Unmaps the regions of buffers that own nothing, when the last one that could not be detached is collected. */
const LAST_USERS = new FinalizationRegistry<Region>(({ address, lengthBytes }) => {
  platform().unmap(address, lengthBytes);
});

/** A mapped range of memory. */
export interface Region {
  readonly address: Address;
  readonly lengthBytes: number;
}

/** What a mapping leaves. */
interface Estate {
  /** Undefined for one that maps nothing. */
  readonly region: Region | undefined;
  /** The buffers over the region. */
  readonly windows: readonly ArrayBuffer[];
  /** Buffers over parts of it that own nothing. */
  readonly bridges: readonly ArrayBuffer[];
  readonly guard: RangeGuard | undefined;
  /** Who unmaps it: each of the windows its part, the mapping, or nobody, because native code still refers to it. */
  readonly owner: "windows" | "mapping" | "nobody";
}

/** Detaches every typed array on a region and unmaps it, now or when the last user of a part of it has gone. */
export function giveBack({ region, windows, bridges, guard, owner }: Estate): void {
  const bridged = bridges.map(detach);
  // A bridge that is still used needs the windows under it: they stay, as long as it or for good.
  const states = bridged.every((state) => state === "detached") ? windows.map(detach) : bridged;
  if (region === undefined) return;
  const users = [...bridges, ...windows].filter((buffer) => !buffer.detached);
  const isLost = states.includes("lost");
  if (isLost && (owner !== "windows" || bridged.includes("lost"))) LEAKED.push(windows, guard);
  else if (isLost) guard?.leave();
  else if (users.length === 0) {
    guard?.release();
    if (owner === "mapping") platform().unmap(region.address, region.lengthBytes);
  } else if (owner === "mapping") {
    const lifetime = { guard };
    for (const user of users) KEPT_ALIVE.set(user, lifetime);
    LAST_USERS.register(lifetime, region);
  }
}
