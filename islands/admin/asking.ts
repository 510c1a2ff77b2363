/** Asks again and again while the page is seen, and knows whether the last answer came. */
import { useEffect, useRef, useState } from "preact/hooks";

/** What a component that asks has. */
export interface Asking {
  /** The last question was not answered. */
  readonly stale: boolean;
  /** Asks at once, also while another question is open. */
  now(): void;
}

/**
 * Calls `ask` every `everyMs`, counted from its answer; not while the page is hidden, and at once
 * when it is seen again. `ask` always sees the values of the last time it was drawn with.
 */
export function useAsking(everyMs: number, ask: () => Promise<void>): Asking {
  const [stale, setStale] = useState(false);
  const latest = useRef(ask);
  latest.current = ask;
  const now = useRef(() => {});
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    let asked = 0;
    const run = async () => {
      clearTimeout(timer);
      const mine = ++asked;
      let failed = false;
      try {
        await latest.current();
      } catch {
        failed = true; // told by `stale`; the next question may be answered
      }
      if (over || mine !== asked) return;
      setStale(failed);
      if (!document.hidden) timer = setTimeout(run, everyMs);
    };
    const seen = () => {
      clearTimeout(timer);
      if (!document.hidden) void run();
    };
    now.current = () => void run();
    document.addEventListener("visibilitychange", seen);
    timer = setTimeout(run, everyMs);
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [everyMs]);
  return { stale, now: () => now.current() };
}
