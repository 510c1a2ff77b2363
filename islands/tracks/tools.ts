/** What a track's page does where there is script: waits for downloads, sets visibility in place. */
import type { Visibility } from "../../domain/tracks.ts";
import { Problem, sayProblem, toProblem } from "../shared/api.ts";
import { toast } from "../shared/toasts.tsx";
import { t } from "../shared/words.ts";
import { patchTrack } from "./client.ts";

/** ms between questions whether a file is made. */
const ASK_MS = 1_500;

/** Asks until the file is there; then its address. */
async function made(page: string): Promise<string> {
  while (true) {
    const response = await fetch(page, { headers: { accept: "application/json" } });
    if (!response.ok) throw toProblem(await response.text());
    const { url }: { url: string | null } = await response.json();
    if (url) return url;
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}

async function take(link: HTMLAnchorElement): Promise<void> {
  if (link.getAttribute("aria-busy") === "true") return;
  const words = t().tools.download;
  const state = link.closest("details")?.querySelector("[data-download-state]");
  const tell = (text: string) => {
    if (state) state.textContent = text;
  };
  link.setAttribute("aria-busy", "true");
  tell(`${words.making}…`);
  try {
    const at = document.createElement("a");
    at.href = await made(link.href);
    at.download = "";
    at.click();
    tell(words.ready);
  } catch (error) {
    tell(`${words.failed} ${error instanceof Problem ? error.message : sayProblem("internal")}`);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

async function setVisibility(select: HTMLSelectElement): Promise<void> {
  const { track: id = "", was = "" } = select.dataset;
  const wanted = select.value as Visibility;
  select.disabled = true;
  try {
    const { visibility } = await patchTrack(id, { visibility: wanted });
    select.dataset.was = visibility;
    toast(t().tools.visibility.saved[visibility]);
  } catch (error) {
    select.value = was;
    toast(error instanceof Problem ? error.message : sayProblem("internal"));
  } finally {
    select.disabled = false;
    select.focus();
  }
}

/** Puts the menu of downloads, just opened, in sight: it may hang below the fold or past the edge. */
function showMenu(menu: HTMLDetailsElement): void {
  const hang = menu.querySelector(".take-hang");
  const panel = menu.querySelector(".take-panel");
  if (!hang || !panel) return;
  hang.classList.remove("is-end");
  hang.classList.toggle("is-end", panel.getBoundingClientRect().right > innerWidth);
  panel.scrollIntoView({ block: "nearest" });
}

/** Closes the menu of downloads; focus goes back to its button. */
function closeMenu(menu: HTMLDetailsElement): void {
  menu.open = false;
  menu.querySelector("summary")?.focus();
}

/** Listens on the document, because pages are swapped under it. */
export function trackTools(): void {
  // a toggle does not bubble
  document.addEventListener("toggle", ({ target }) => {
    if (target instanceof HTMLDetailsElement && target.open) showMenu(target);
  }, { capture: true });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const shut = event.target.closest("[data-take-close]")?.closest("details");
    if (shut) return closeMenu(shut);
    const link = event.target.closest<HTMLAnchorElement>("a[data-download]");
    if (link && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      void take(link);
    }
    for (const open of document.querySelectorAll<HTMLDetailsElement>("details.take[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector<HTMLDetailsElement>("details.take[open]");
    if (event.key === "Escape" && open) closeMenu(open);
  });
  document.addEventListener("change", (event) => {
    const select = event.target;
    if (select instanceof HTMLSelectElement && select.dataset.visibility !== undefined) {
      void setVisibility(select);
    }
  });
}
