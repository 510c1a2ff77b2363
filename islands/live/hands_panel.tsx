/** Who among the listeners asks to be heard, in the order in which they did (L8). */
import { useEffect, useRef } from "preact/hooks";
import { announce } from "../shared/announce.ts";
import { Icon } from "../icons.tsx";
import { useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

export function HandsPanel() {
  const { stream, stats, isOwner, lower, invite } = useStudio();
  const { studio } = words();
  const known = useRef<ReadonlySet<string>>(new Set());
  const hands = stats.value?.hands ?? [];
  useEffect(() => {
    const come = hands.find(({ id }) => !known.current.has(id));
    known.current = new Set(hands.map(({ id }) => id));
    if (come) announce(studio.handsNew(come.displayName));
  }, [hands]);
  const { status, coHost = null } = stream.value ?? {};
  if (status !== "live" && status !== "reconnecting") return null;
  return (
    <section class="unit" aria-labelledby="hands-title">
      <h2 class="unit-title" id="hands-title">{studio.hands}</h2>
      {hands.length === 0 ? <p class="quiet">{studio.noHands}</p> : (
        <ol class="hands">
          {hands.map((hand) => (
            <li key={hand.id} class="host-row">
              <p class="hand-name">
                <Icon name="hand" />
                <a href={`/@${hand.username}`} target="_blank">{hand.displayName}</a>
              </p>
              <span class="hand-acts">
                {isOwner.value && coHost === null && (
                  <button
                    type="button"
                    class="link"
                    onClick={() => void invite(hand)}
                  >
                    {studio.inviteAct}
                  </button>
                )}
                <button
                  type="button"
                  class="link"
                  aria-label={studio.lowerOf(hand.displayName)}
                  onClick={() => void lower(hand.id)}
                >
                  {studio.lower}
                </button>
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
