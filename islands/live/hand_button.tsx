/** A listener's hand: raised to be heard by the host, and lowered by either (L8). */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { HAND_EVERY_MS } from "../../domain/live_hands.ts";
import { Icon } from "../icons.tsx";
import { handPlace, raiseHand } from "./hearing.ts";
import { words } from "./words.ts";

export function HandButton() {
  const { page } = words();
  const place = handPlace.value;
  const isUp = place > 0;
  /** One changes it no faster than the server takes it. */
  const rests = useSignal(false);
  const wanted = useRef(false);
  const wasLowered = useSignal(false);
  useEffect(() => {
    if (isUp) wasLowered.value = false;
    else if (wanted.current) wasLowered.value = true;
    wanted.current = isUp;
  }, [isUp]);
  const press = () => {
    if (rests.value) return;
    rests.value = true;
    setTimeout(() => (rests.value = false), HAND_EVERY_MS);
    wanted.current = false;
    wasLowered.value = false;
    raiseHand(!isUp);
  };
  return (
    <div class="live-hand">
      <button
        type="button"
        class="button"
        aria-pressed={isUp}
        aria-disabled={rests.value}
        onClick={press}
      >
        <Icon name="hand" />
        {isUp ? page.handDown : page.hand}
      </button>
      <p class="quiet" role="status">
        {place === 1
          ? page.handNext
          : isUp
          ? page.handPlace(place - 1)
          : wasLowered.value
          ? page.handLowered
          : ""}
      </p>
    </div>
  );
}
