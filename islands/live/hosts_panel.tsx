/** Who else may be on air: the host invites one, sees what comes of it, and takes it back (L6). */
import { PersonFinder } from "../chat/person_finder.tsx";
import { useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

function Invited() {
  const { stream, withdraw } = useStudio();
  const { studio } = words();
  const { coHost = null, onAir = null } = stream.value ?? {};
  if (!coHost) return null;
  const isOnAir = onAir?.id === coHost.id;
  return (
    <div class="host-row">
      <p role="status">
        {isOnAir
          ? studio.isOnAir(coHost.displayName)
          : coHost.maySend
          ? studio.mayTakeOver(coHost.displayName)
          : studio.mayTakeOverSoon(coHost.displayName)}{" "}
        <a class="quiet" href={`/@${coHost.username}`} target="_blank">@{coHost.username}</a>
      </p>
      <button type="button" class="link" onClick={() => void withdraw()}>
        {isOnAir ? studio.withdrawCuts : studio.withdraw}
      </button>
    </div>
  );
}

export function HostsPanel() {
  const { stream, isOwner, invite } = useStudio();
  const { studio } = words();
  const there = stream.value;
  if (!isOwner.value || there?.status === "ended") return null;
  return (
    <section class="unit" aria-labelledby="hosts-title">
      <h2 class="unit-title" id="hosts-title">{studio.hosts}</h2>
      <p class="quiet">{there ? studio.hostsHelp : studio.hostsSoon}</p>
      {there && (there.coHost
        ? <Invited />
        : <PersonFinder label={studio.invite} act={studio.inviteAct} take={invite} />)}
    </section>
  );
}
