/** Finds somebody by name, and does something with them. */
import { useState } from "preact/hooks";
import type { PublicUser } from "../../domain/users.ts";
import { tell } from "./acts.ts";
import { searchPeople } from "./rest.ts";
import { words } from "./words.ts";

interface Props {
  readonly label: string;
  readonly act: string;
  readonly take: (person: PublicUser) => Promise<void>;
}

export function PersonFinder({ label, act, take }: Props) {
  const { direct } = words();
  const [text, setText] = useState("");
  const [found, setFound] = useState<{ text: string; people: readonly PublicUser[] } | null>(null);
  const find = async () => {
    const asked = text.trim();
    if (asked === "") return;
    try {
      setFound({ text: asked, people: (await searchPeople(asked)).items });
    } catch (error) {
      tell(error);
    }
  };
  const choose = async (person: PublicUser) => {
    try {
      await take(person);
      setFound(null);
      setText("");
    } catch (error) {
      tell(error);
    }
  };
  return (
    <section class="finder">
      <form
        class="side-form"
        onSubmit={(event) => {
          event.preventDefault();
          void find();
        }}
      >
        <label for="finder">{label}</label>
        <div class="side-line">
          <input
            id="finder"
            type="search"
            autocomplete="off"
            placeholder={direct.to}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" class="button button-small">{direct.find}</button>
        </div>
      </form>
      <div role="status">
        {found && found.people.length === 0 && <p class="quiet">{direct.none(found.text)}</p>}
        {found && found.people.length > 0 && (
          <ul class="found-people">
            {found.people.map((person) => (
              <li key={person.id}>
                <span>
                  {person.displayName} <span class="quiet">@{person.username}</span>
                </span>
                <button type="button" class="link" onClick={() => void choose(person)}>
                  {act}
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
