/** The page of the studio, from which one goes on air. */
import { liveWords } from "../../domain/i18n/live_words.ts";
import Studio from "../../islands/live/studio.tsx";
import type { StudioStart } from "../../islands/live/start.ts";
import type { View } from "./context.ts";
import { Island } from "./island.tsx";
import type { Content } from "./view.tsx";

/** `start` null: a guest, who signs in first. */
export function studioPage(view: View, start: StudioStart | null): Content {
  const { studio } = liveWords(view.language);
  const body = () => (
    <>
      <header class="page-head">
        <h1 class="page-title">{studio.title}</h1>
        <p class="lead">{studio.lead}</p>
      </header>
      {start
        ? <Island name="studio" source="islands/live/studio.tsx" of={Studio} props={start} />
        : (
          <div class="empty">
            <p>{studio.guest}</p>
            <a class="button button-main" href="/login?next=/studio" data-no-swap>
              {studio.signIn}
            </a>
          </div>
        )}
      <noscript>
        <p class="quiet">{studio.noScript}</p>
      </noscript>
    </>
  );
  return { title: studio.title, description: studio.lead, body, noIndex: true };
}
