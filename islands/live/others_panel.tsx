/** The streams beside the one in the studio: those one is invited to, and one's own that wait. */
import type { LiveView } from "../../domain/live.ts";
import Starts from "./starts.tsx";
import { useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

function Rows({ streams, now }: { streams: readonly LiveView[]; now: number }) {
  const { studio, status: says } = words();
  return (
    <ul class="host-rows">
      {streams.map(({ id, title, host, status, scheduledAt }) => (
        <li key={id} class="host-row">
          <a class="link" href={`/studio?stream=${id}`} data-no-swap>
            {studio.invitation(title, host.displayName)}
          </a>
          <span class="quiet">
            {status === "idle" && scheduledAt
              ? <Starts at={scheduledAt} now={now} />
              : says[status]}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function InvitationsPanel() {
  const { stream, invitations, start } = useStudio();
  const shown = invitations.value.filter(({ id }) => id !== stream.value?.id);
  if (shown.length === 0) return null;
  return (
    <section class="unit studio-invited" aria-labelledby="invitations-title">
      <h2 class="unit-title" id="invitations-title">{words().studio.invitations}</h2>
      <Rows streams={shown} now={start.now} />
    </section>
  );
}

export function OthersPanel() {
  const { stream, start } = useStudio();
  const { studio } = words();
  const shown = start.others.filter(({ id }) => id !== stream.value?.id);
  const isPrepared = stream.value?.status === "idle";
  if (shown.length === 0 && !isPrepared) return null;
  return (
    <section class="unit" aria-labelledby="others-title">
      <h2 class="unit-title" id="others-title">{studio.others}</h2>
      {shown.length > 0 && <Rows streams={shown} now={start.now} />}
      {isPrepared && (
        <p class="acts">
          <a class="button" href="/studio" data-no-swap>{studio.newStream}</a>
        </p>
      )}
    </section>
  );
}
