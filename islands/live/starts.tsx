/** When an announced stream begins, in the time zone of who looks, and how long that is. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatLeft, formatStart } from "../../domain/i18n/live_dates.ts";
import { language } from "../shared/words.ts";
import { words } from "./words.ts";

/** Minutes are told: looking more often than this shows nothing new. In ms. */
const LOOK_MS = 5_000;

/** `now`: of who drew it first, in ms since 1970. Without script the zone is not known, and is UTC. */
export default function Starts({ at, now: first }: { at: string; now: number }) {
  const { list } = words();
  const now = useSignal(first);
  const zone = useSignal<string | null>(null);
  useEffect(() => {
    const tick = () => void (now.value = Date.now());
    tick();
    zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const timer = setInterval(tick, LOOK_MS);
    return () => clearInterval(timer);
  }, [at]);
  const left = formatLeft(at, now.value, language());
  const isOverdue = Date.parse(at) + 60_000 < now.value;
  return (
    <span class="live-starts">
      <time datetime={at}>
        {list.starts(formatStart(at, now.value, language(), zone.value))}
      </time>
      <span class="live-left">{left ?? (isOverdue ? list.overdue : list.soon)}</span>
    </span>
  );
}
