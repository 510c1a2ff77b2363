/** The log's scrolling: it stays at its end, or at what is read, whatever comes above and below. */
import { type RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { tell } from "./acts.ts";
import type { RoomModel } from "./room_model.ts";

/** So near to the end counts as there; px. */
const NEAR = 60;
/** So near to an edge more is loaded; px. */
const AHEAD = 800;

/** What stays where it is: the first message that is seen, and how far from the top. */
interface Held {
  atEnd: boolean;
  id: string | null;
  top: number;
}

export function useScrolling(log: RefObject<HTMLDivElement | null>, model: RoomModel): {
  onScroll: () => void;
} {
  const held = useRef<Held>({ atEnd: true, id: null, top: 0 });

  const measure = (box: HTMLElement) => {
    const { top, bottom } = box.getBoundingClientRect();
    const first = [...box.querySelectorAll<HTMLElement>(".message[id]")].find((one) =>
      one.getBoundingClientRect().bottom > top
    );
    held.current = {
      atEnd: box.scrollHeight - box.scrollTop - box.clientHeight < NEAR,
      id: first?.id ?? null,
      top: first ? first.getBoundingClientRect().top - top : 0,
    };
    model.isInView = bottom > 0 && top < innerHeight;
    model.isAtEnd = model.isInView && held.current.atEnd && model.window.peek().isNewest;
    if (model.isAtEnd && document.visibilityState === "visible") model.seen();
  };
  const more = (box: HTMLElement) => {
    const { from, isNewest } = model.window.peek();
    if (model.loading.peek() !== null || model.refused.peek() !== null) return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (from > 1 && box.scrollTop < AHEAD) model.loadOlder().catch(tell);
    else if (!isNewest && below < AHEAD) model.loadNewer().catch(tell);
  };
  /** Puts what is read back to its place, after the log has changed. */
  const settle = () => {
    const box = log.current;
    if (!box) return;
    const target = model.target.peek();
    if (target !== null) {
      const row = box.querySelector<HTMLElement>(`#m${target}`);
      if (row) row.scrollIntoView({ block: "center" });
      else box.scrollTop = box.scrollHeight;
      model.target.value = null;
    } else if (held.current.atEnd && model.window.peek().isNewest) {
      box.scrollTop = box.scrollHeight;
    } else if (held.current.id) {
      const row = box.querySelector<HTMLElement>(`#${held.current.id}`);
      const moved = row &&
        row.getBoundingClientRect().top - box.getBoundingClientRect().top - held.current.top;
      if (moved) box.scrollTop += moved;
    }
    measure(box);
  };

  useLayoutEffect(settle);
  useEffect(() => {
    const box = log.current;
    const inside = box?.firstElementChild;
    if (!box || !inside) return;
    const sizes = new ResizeObserver(() => {
      settle();
      more(box);
    });
    sizes.observe(box);
    sizes.observe(inside);
    const look = () => measure(box);
    const views = new IntersectionObserver(look);
    views.observe(box);
    document.addEventListener("visibilitychange", look);
    return () => {
      sizes.disconnect();
      views.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return {
    onScroll() {
      const box = log.current;
      if (!box) return;
      measure(box);
      more(box);
    },
  };
}
