/** What happens to actors and nodes, gathered while the page is seen. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { RuntimeEvent } from "../../domain/runtime.ts";
import { followRuntime } from "./client.ts";
import { addEvents } from "./recovery.ts";

/** Many events a second are drawn together, in ms. */
const GATHER_MS = 200;

/**
 * The last events, the newest first, and whether they are told live. A hidden page does not listen;
 * seen again, it is told what it missed.
 *
 * @param happened called when something new has come
 */
export function useHappenings(
  given: readonly RuntimeEvent[],
  happened: () => void,
): { readonly events: readonly RuntimeEvent[]; readonly live: boolean } {
  const [events, setEvents] = useState(given);
  const [live, setLive] = useState(false);
  const told = useRef(happened);
  told.current = happened;
  useEffect(() => {
    let came: RuntimeEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop: (() => void) | undefined;
    const draw = () => {
      timer = undefined;
      const fresh = came;
      came = [];
      setEvents((before) => addEvents(before, fresh));
      told.current();
    };
    const listen = () => {
      if (document.hidden) {
        stop?.();
        stop = undefined;
        return;
      }
      stop ??= followRuntime({
        tell(fresh) {
          came.push(...fresh);
          timer ??= setTimeout(draw, GATHER_MS);
        },
        live: setLive,
      });
    };
    document.addEventListener("visibilitychange", listen);
    listen();
    return () => {
      document.removeEventListener("visibilitychange", listen);
      clearTimeout(timer);
      stop?.();
    };
  }, []);
  return { events, live };
}
