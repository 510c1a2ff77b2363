/** Says that there is no line, or a poor one, and what becomes of what one writes. */
import { useEffect, useState } from "preact/hooks";
import { sayProblem } from "../shared/api.ts";
import { useRoom } from "./room_context.ts";
import { degraded, line } from "./session.ts";
import { words } from "./words.ts";

/** A line that comes back within this is not spoken of, in ms. */
const PATIENCE_MS = 1_500;

export function LineBanner() {
  const { client, model, start } = useRoom();
  const words_ = words().line;
  const [isLate, setLate] = useState(false);
  const { kind } = line.value;
  const isAway = client !== null && kind !== "open";
  useEffect(() => {
    setLate(false);
    if (!isAway) return;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isAway]);
  const refused = model.refused.value;
  if (refused !== null) {
    return (
      <div class="banner" role="alert">
        <p>{refused === "removed" ? words_.removed : sayProblem(refused)}</p>
        <a class="button button-small" href="/rooms">{words_.back}</a>
      </div>
    );
  }
  if (isAway && kind === "ended") {
    return (
      <div class="banner" role="alert">
        <p>{words_.ended}</p>
        <a class="button button-small" href={`/login?next=/rooms/${start.id}`}>{words_.signIn}</a>
      </div>
    );
  }
  if (!isAway && degraded.value) {
    return (
      <div class="banner" role="status">
        <p>{words_.degraded}</p>
      </div>
    );
  }
  if (!isAway || !(isLate || kind === "waiting")) return null;
  return (
    <div class="banner" role="status">
      <p>{words_.offline}</p>
      <button type="button" class="button button-small" onClick={() => client?.wake()}>
        {words_.retry}
      </button>
    </div>
  );
}
