/** Signs that float by: those that others send, and keys to send one's own. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { onReaction, react } from "./hearing.ts";
import { words } from "./words.ts";

const SIGNS = ["👏", "❤️", "🔥", "🎶", "😮"];
/** How long a sign is seen, in ms, and how many at once: a crowd is not counted here. */
const SEEN_MS = 3_200;
const MOST = 24;

interface Floating {
  readonly id: number;
  readonly emoji: string;
  /** Where it rises, 0 to 1. */
  readonly at: number;
}

/** @param isOpen keys are shown; they work while `mayReact`, and keep their place before */
export function Reactions(
  { streamId, isOpen, mayReact }: { streamId: string; isOpen: boolean; mayReact: boolean },
) {
  const floating = useSignal<readonly Floating[]>([]);
  const { page } = words();
  useEffect(() => {
    let last = 0;
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const show = (emoji: string) => {
      const id = ++last;
      floating.value = [...floating.value.slice(1 - MOST), { id, emoji, at: Math.random() }];
      const timer = setTimeout(() => {
        timers.delete(timer);
        floating.value = floating.value.filter((one) => one.id !== id);
      }, SEEN_MS);
      timers.add(timer);
    };
    onReaction.add(show);
    return () => {
      onReaction.delete(show);
      timers.forEach(clearTimeout);
    };
  }, [streamId]);
  return (
    <>
      <div class="floating" aria-hidden="true">
        {floating.value.map(({ id, emoji, at }) => (
          <span key={id} style={`--at: ${at.toFixed(3)}`}>{emoji}</span>
        ))}
      </div>
      {isOpen && (
        <div class="reaction-keys" role="group" aria-label={page.react}>
          {SIGNS.map((emoji) => (
            <button
              key={emoji}
              type="button"
              class="reaction-key"
              disabled={!mayReact}
              aria-label={page.reactWith(emoji)}
              onClick={() => react(emoji)}
            >
              {emoji}
            </button>
          ))}
        </div>
      )}
    </>
  );
}
