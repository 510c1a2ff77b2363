/** Moving through the site: pages are swapped under the player by swup (W2). */
import Swup from "swup";
import { announce } from "../shared/announce.ts";

/** What the shell does around a swap. */
interface Around {
  /** The old page is about to go. */
  before(): void;
  /** The new page is there. */
  after(): void;
}

const PARTS = ["#rail", "#top", "#page", "#foot"];
/** Links that leave the pages: files, the interface for programs, other origins (swup's own rule). */
const OUTSIDE = /^\/((api|docs|assets|static|ws|healthz|readyz|metrics)(\/|$)|live\/[^/]+\/)/;
/**
 * The studio alone may ask for the microphone (S6), and that is settled when a document is loaded:
 * one gets there by a new one. From there pages are swapped as everywhere, and the broadcast goes on.
 */
const STUDIO = "/studio";

/** Focus goes to the page's heading, so that a keyboard or a screen reader goes on from there. */
function focusHeading(): void {
  const at = document.querySelector<HTMLElement>("#page [data-focus], #page h1");
  if (!at || document.activeElement?.closest("dialog[open], .panel")) return;
  const asked = document.querySelector<HTMLElement>("#page [autofocus]");
  if (asked) return asked.focus({ preventScroll: true });
  if (!at.hasAttribute("tabindex")) at.setAttribute("tabindex", "-1");
  at.focus({ preventScroll: true });
}

/** Theme and language stand on `<html>`, which is not swapped. */
function followRoot(html: string): void {
  const next = new DOMParser().parseFromString(html, "text/html").documentElement;
  const root = document.documentElement;
  const theme = next.dataset.theme;
  if (theme && theme !== root.dataset.theme) root.dataset.theme = theme;
  // words are loaded once: a new language begins with a new page
  if (next.lang && next.lang !== root.lang) location.reload();
}

/** Starts the navigation; returns how to visit a page by code. */
export function navigation({ before, after }: Around): (url: string) => void {
  const places = new Map<string, number>();
  const mayHear = location.pathname === STUDIO;
  const leaves = (path: string) => OUTSIDE.test(path) || (path === STUDIO && !mayHear);
  history.scrollRestoration = "manual";
  const swup = new Swup({
    containers: PARTS,
    cache: false,
    native: true,
    animationSelector: false,
    animateHistoryBrowsing: true,
    linkToSelf: "navigate",
    timeout: 30_000,
    ignoreVisit: (url, { el, event } = {}) =>
      event?.defaultPrevented ||
      leaves(new URL(url, location.origin).pathname) ||
      Boolean(el?.closest("[data-no-swap], [download], [target]")),
  });
  const key = () => String(history.state?.index ?? 0) + location.href;
  const remember = () => places.set(key(), scrollY);
  addEventListener("scroll", remember, { passive: true });
  swup.hooks.on("visit:start", () => document.documentElement.setAttribute("aria-busy", "true"));
  swup.hooks.before("content:replace", before);
  swup.hooks.on("content:replace", (visit, { page }) => {
    followRoot(page.html);
    after();
    if (visit.history.popstate) scrollTo(0, places.get(key()) ?? 0);
    focusHeading();
  });
  swup.hooks.on("page:view", () => announce(document.title));
  swup.hooks.on("visit:end", () => document.documentElement.removeAttribute("aria-busy"));
  sendForms(swup);
  return (url) => swup.navigate(url);
}

/** Forms with `data-swap` are sent by swup too, so that the music goes on. */
function sendForms(swup: Swup): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
    if (!form.hasAttribute("data-swap")) return;
    event.preventDefault();
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form, event.submitter)) {
      if (typeof value === "string") fields.append(name, value);
    }
    // a button may send its form elsewhere
    const button = event.submitter instanceof HTMLButtonElement ? event.submitter : null;
    const url = new URL(button?.hasAttribute("formaction") ? button.formAction : form.action);
    const method = button?.formMethod || form.method;
    if (method === "get") {
      url.search = fields.toString();
      return swup.navigate(url.href);
    }
    swup.navigate(url.href, { method: "POST", body: fields, cache: { read: false, write: false } });
  });
}
