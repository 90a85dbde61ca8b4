/**
 * A box whose content may be wider or longer than it is, and that says so.
 *
 * @module
 */
import { element, setAttribute } from "./dom.ts";

/** The least that is worth a sign, in pixels: less is a matter of rounding. */
const CUT_LEAST = 2;

/**
 * Makes a box that scrolls. As long as something is cut off at its right or bottom, a sign there says that there is more.
 *
 * @param label What is in it, for those who do not see it.
 * @param content What is in it.
 */
export function scrollBox(label: string, content: HTMLElement): HTMLElement {
  const box = element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    content,
  );
  const outer = element(
    "div",
    { class: "scroll-frame" },
    box,
    element("span", { class: "more more-right", "aria-hidden": "true" }, "more →"),
    element("span", { class: "more more-down", "aria-hidden": "true" }, "more ↓"),
  );
  const look = (): void => {
    const { scrollLeft, scrollTop, clientWidth, clientHeight, scrollWidth, scrollHeight } = box;
    setAttribute(outer, "data-right", String(scrollWidth - clientWidth - scrollLeft >= CUT_LEAST));
    setAttribute(outer, "data-down", String(scrollHeight - clientHeight - scrollTop >= CUT_LEAST));
  };
  box.addEventListener("scroll", look, { passive: true });
  const observer = new ResizeObserver(look);
  observer.observe(box);
  observer.observe(content);
  return outer;
}
