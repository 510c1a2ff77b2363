/** The signs that a message has; a press gives one's own, or takes it back. */
import type { Reaction } from "../../domain/room_messages.ts";
import { react } from "./acts.ts";
import type { ShownMessage } from "./messages.ts";
import { useRoom } from "./room_context.ts";
import { words } from "./words.ts";

function who({ emoji, names, count }: Reaction): string {
  const { reaction } = words();
  const named = names.join(", ");
  return reaction.by(
    emoji,
    count > names.length ? reaction.others(named, count - names.length) : named,
  );
}

export function Reactions({ one }: { one: ShownMessage }) {
  const page = useRoom();
  const { reaction } = words();
  if (one.reactions.length === 0) return null;
  return (
    <ul class="signs">
      {one.reactions.map((given) => {
        const { emoji, count, mine } = given;
        return (
          <li key={emoji}>
            <button
              type="button"
              class="sign"
              aria-pressed={mine}
              aria-label={mine ? reaction.take(emoji, count) : reaction.add(emoji, count)}
              title={who(given)}
              disabled={page.start.me === null}
              onClick={() => void react(page, one, emoji)}
            >
              <span aria-hidden="true">{emoji}</span>
              <span class="sign-count" aria-hidden="true">{count}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
