import { useEffect } from "react";

interface Held {
  isConnected: boolean;
}

/** The first of an element and what stood around it that is there yet. */
export function nearest<E extends Held>(path: readonly E[]): E | undefined {
  return path.find((each) => each.isConnected);
}

function around(from: Element): HTMLElement[] {
  const path: HTMLElement[] = [];
  for (let each: Element | null = from; each instanceof HTMLElement; each = each.parentElement) path.push(each);
  return path;
}

/** What stands over a screen for a while. */
const OVER = "[role=dialog], [role=menu], [role=listbox]";
const isShut = (each: HTMLElement) => each.matches(":disabled");

/**
 * Whoever works by keyboard stays where they are: when the button that they pressed goes away, or is shut while it works,
 * the focus would fall to the page's beginning. It is given back, or to what stood around it.
 */
export function useKeptFocus() {
  useEffect(() => {
    let path: HTMLElement[] = [];
    function took(event: FocusEvent) {
      if (!(event.target instanceof Element) || event.target.closest(OVER) !== null) return; // and back to where it was opened
      path = event.target.closest("#screen") === null ? [] : around(event.target);
    }
    function left(event: FocusEvent) {
      if (event.relatedTarget !== null) return;
      setTimeout(() => {
        const [last] = path;
        if (last?.isConnected === true && !isShut(last) && document.activeElement !== last && !document.hidden) path = [];
      });
    }
    function changed() {
      const [last] = path;
      if (last === undefined || document.activeElement !== document.body || (last.isConnected && isShut(last))) return;
      if (document.querySelector(OVER) !== null) return;
      const next = nearest(path);
      if (next === undefined || next === document.body) return;
      if (next !== last && !next.hasAttribute("tabindex")) {
        next.tabIndex = -1;
        next.dataset.kept = "";
      }
      next.focus({ preventScroll: true });
    }
    const watch = new MutationObserver(changed);
    watch.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
    document.addEventListener("focusin", took);
    document.addEventListener("focusout", left);
    return () => {
      watch.disconnect();
      document.removeEventListener("focusin", took);
      document.removeEventListener("focusout", left);
    };
  }, []);
}
