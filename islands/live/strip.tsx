/** What stays in sight while one moves through the site: that one is on air, or listens live. */
import { render } from "preact";
import { path } from "../shared/session.ts";
import { Icon } from "../icons.tsx";
import { heard, isHearing, stop, title } from "./hearing.ts";
import { isBroadcasting } from "./on_air.ts";
import { words } from "./words.ts";

function Strip() {
  const { page, studio } = words();
  if (isBroadcasting.value && path.value !== "/studio") {
    return (
      <aside class="live-strip" aria-label={studio.strip}>
        <span class="live-lamp" data-on />
        <span class="live-strip-text">{studio.strip}</span>
        <a class="button button-small" href="/studio">{page.manage}</a>
      </aside>
    );
  }
  const stream = heard.value;
  if (!isHearing.value || !stream || path.value === `/live/${stream.id}`) return null;
  return (
    <aside class="live-strip" aria-label={page.strip}>
      <span class="live-lamp" data-on />
      <a class="live-strip-text" href={`/live/${stream.id}`}>{title.value}</a>
      <button type="button" class="key" aria-label={page.stop} onClick={stop}>
        <Icon name="pause" solid />
      </button>
    </aside>
  );
}

/** Puts it into the page once; only who was on a page of live streams has its script. */
export function showStrip(): void {
  if (document.getElementById("live-strip")) return;
  const place = document.createElement("div");
  place.id = "live-strip";
  document.body.append(place);
  render(<Strip />, place);
}
