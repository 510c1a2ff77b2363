/** Messages found or pinned, each a way to its place in the room. */
import { formatDate } from "../../domain/i18n/format.ts";
import { language } from "../shared/words.ts";
import { tell } from "./acts.ts";
import type { Found } from "./rest.ts";
import { useRoom } from "./room_context.ts";
import { plainText } from "./text.ts";

/** Letters of a message. */
const LINE = 200;

export function FoundList({ items }: { items: readonly Found[] }) {
  const { start, model, panelOpen } = useRoom();
  return (
    <ul class="found">
      {items.map(({ seq, messageId, senderName, content, createdAt }) => (
        <li key={messageId}>
          <a
            href={`/rooms/${start.id}?at=${seq}`}
            data-no-swap
            onClick={(event) => {
              event.preventDefault();
              panelOpen.value = false;
              model.goTo(seq).catch(tell);
            }}
          >
            <span class="found-head">
              <span class="found-name">{senderName}</span>
              <time dateTime={createdAt}>{formatDate(createdAt, Date.now(), language())}</time>
            </span>
            <span class="found-text">{plainText(content, LINE)}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
