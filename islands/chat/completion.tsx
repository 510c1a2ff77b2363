/** The people whom `@` may name while one writes. */
import { useEffect, useState } from "preact/hooks";
import { completed, matching, mentionAt, type Nameable } from "./mentions.ts";
import { searchPeople } from "./rest.ts";
import { useRoom } from "./room_context.ts";
import { words } from "./words.ts";

const MOST = 6;
/** So long after the last letter others than members are looked for, in ms. */
const REST_MS = 150;

interface Completion {
  readonly people: readonly Nameable[];
  readonly chosen: number;
  /** Whether the key was for the list. */
  key(event: KeyboardEvent): boolean;
  take(one: Nameable): void;
}

/** Follows what is written; `write` puts the text with a name in it. */
export function useCompletion(
  text: string,
  cursor: number,
  write: (text: string, cursor: number) => void,
): Completion {
  const { start } = useRoom();
  const [others, setOthers] = useState<readonly Nameable[]>([]);
  const [chosen, setChosen] = useState(0);
  const [closedAt, setClosedAt] = useState<number | null>(null);
  const mention = mentionAt(text, cursor);
  const query = mention?.query ?? "";
  const isOpen = mention !== null && mention.at !== closedAt;
  useEffect(() => {
    setChosen(0);
    if (!isOpen || query.length < 2) return setOthers([]);
    const timer = setTimeout(() => {
      // without them the members are still there
      searchPeople(query).then(({ items }) => setOthers(items), () => setOthers([]));
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [isOpen, query]);
  const members: readonly Nameable[] = start.members.filter(({ id }) => id !== start.me?.id);
  const all = [...members, ...others.filter(({ id }) => !members.some((one) => one.id === id))];
  const people = isOpen ? matching(all, query, MOST) : [];
  const take = ({ username }: Nameable) => {
    if (!mention) return;
    const next = completed(text, cursor, mention.at, username);
    write(next.text, next.cursor);
  };
  return {
    people,
    chosen,
    take,
    key({ key }) {
      const one = people[chosen];
      if (!one) return false;
      if (key === "ArrowDown") setChosen((chosen + 1) % people.length);
      else if (key === "ArrowUp") setChosen((chosen + people.length - 1) % people.length);
      else if (key === "Enter" || key === "Tab") take(one);
      else if (key === "Escape") setClosedAt(mention?.at ?? null);
      else return false;
      return true;
    },
  };
}

export function CompletionList({ people, chosen, take }: Completion) {
  if (people.length === 0) return null;
  return (
    <ul class="names" role="listbox" id="names" aria-label={words().composer.people}>
      {people.map((one, at) => (
        <li
          key={one.id}
          id={`name-${at}`}
          role="option"
          aria-selected={at === chosen}
          onPointerDown={(event) => {
            event.preventDefault(); // the focus stays where one writes
            take(one);
          }}
        >
          <span>{one.displayName}</span> <span class="quiet">@{one.username}</span>
        </li>
      ))}
    </ul>
  );
}
