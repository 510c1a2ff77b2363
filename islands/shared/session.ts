/** Who looks at the page, as the server wrote it into `#page`; read anew after each navigation. */
import { signal } from "@preact/signals";

/** The username, or null for a guest. */
export const username = signal<string | null>(null);
/** The page's path, for what looks different where it already stands in the page. */
export const path = signal("/");

export function readSession(): void {
  const page = document.getElementById("page");
  username.value = page?.dataset.user || null;
  path.value = location.pathname;
}
