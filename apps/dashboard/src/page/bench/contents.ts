/**
 * The list of contents of the page of results.
 *
 * @module
 */
import { element } from "../dom.ts";

/**
 * Lists what has a heading. The address holds the view, so that a link goes there without changing it.
 *
 * @param sections What is listed, in its order; a section that is folded is opened on the way.
 */
export function contents(sections: readonly HTMLElement[]): HTMLElement {
  const items = sections.flatMap((section) => {
    const heading = section.querySelector("h2");
    if (heading === null) return [];
    const link = element("a", { href: location.hash || "#" }, heading.textContent);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const fold = section.querySelector("details");
      if (fold !== null) fold.open = true;
      const place = fold?.querySelector("summary") ?? heading;
      place.scrollIntoView();
      place.focus({ preventScroll: true });
    });
    return [element("li", {}, link)];
  });
  return element(
    "nav",
    { class: "card contents", "aria-label": "Contents" },
    element("ul", {}, ...items),
  );
}
