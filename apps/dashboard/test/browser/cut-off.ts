/**
 * Looking for what a page cuts off.
 *
 * @module
 */
import { until } from "@isthmus/testing/patience";
import type { WatchedPage } from "./watched-page.ts";

/** Waits until a page cuts nothing off and is no wider than its window: it draws its charts anew, one a picture. */
export async function untilFits(watched: WatchedPage, what: string): Promise<void> {
  let found: string[] = [];
  await until(async () => {
    found = await cutOff(watched);
    return found.length === 0 && (await watched.overflow()) === 0;
  }, `all of ${what}`).catch((error: unknown) => {
    throw new Error(`${error}: ${JSON.stringify(found)}`);
  });
}

/** Whatever is wider than its place, where no sign says so. */
async function cutOff({ page }: WatchedPage): Promise<string[]> {
  return await page.evaluate(() => {
    const found: string[] = [];
    for (const one of document.querySelectorAll<HTMLElement>("body *")) {
      if (!one.checkVisibility() || one.closest(".unseen, .skip, svg, .plot") !== null) continue;
      const { overflowX, overflowY } = getComputedStyle(one);
      const right = overflowX !== "visible" && one.scrollWidth - one.clientWidth > 2;
      const down = overflowY !== "visible" && one.scrollHeight - one.clientHeight > 2;
      const sign = (name: string): boolean =>
        one.parentElement
          ?.querySelector<HTMLElement>(`:scope > .more-${name}`)
          ?.checkVisibility() === true;
      if ((right && !sign("right")) || (down && !sign("down"))) found.push(`box ${one.className}`);
      const { left, right: end } = one.getBoundingClientRect();
      const isScrolled = one.closest(".scroll") !== null;
      if (!isScrolled && (left < -1 || end > innerWidth + 1)) found.push(`out ${one.className}`);
      const hidden = overflowX === "visible" && one.clientWidth > 0 && one.children.length === 0;
      if (hidden && one.scrollWidth - one.clientWidth > 2) found.push(`text ${one.textContent}`);
    }
    return found;
  });
}
