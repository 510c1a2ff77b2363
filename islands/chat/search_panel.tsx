/** Finds what was said, by words or by its day. */
import { useState } from "preact/hooks";
import { toast } from "../shared/toasts.tsx";
import { tell } from "./acts.ts";
import { FoundList } from "./found_list.tsx";
import { type Found, searchRoom } from "./rest.ts";
import { useRoom } from "./room_context.ts";
import { dayOf } from "./times.ts";
import { words } from "./words.ts";

export function SearchPanel() {
  const { start, model, panelOpen } = useRoom();
  const { search } = words();
  const [found, setFound] = useState<readonly Found[] | null>(null);
  const find = async (form: HTMLFormElement) => {
    const text = String(new FormData(form).get("q") ?? "").trim();
    if (text === "") return;
    try {
      setFound((await searchRoom(start.id, text)).items);
    } catch (error) {
      tell(error);
    }
  };
  const go = async (form: HTMLFormElement) => {
    const day = String(new FormData(form).get("day") ?? "");
    // the day as it is where one reads
    const from = new Date(`${day}T00:00:00`);
    if (Number.isNaN(from.getTime())) return;
    try {
      if (await model.goToTime(from.toISOString())) panelOpen.value = false;
      else toast(search.dateNone);
    } catch (error) {
      tell(error);
    }
  };
  return (
    <>
      <form
        class="side-form"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          void find(event.currentTarget);
        }}
      >
        <label for="search-words">{search.words}</label>
        <div class="side-line">
          <input id="search-words" type="search" name="q" maxLength={200} autocomplete="off" />
          <button type="submit" class="button button-small">{search.act}</button>
        </div>
      </form>
      <form
        class="side-form"
        onSubmit={(event) => {
          event.preventDefault();
          void go(event.currentTarget);
        }}
      >
        <label for="search-day">{search.date}</label>
        <div class="side-line">
          <input
            id="search-day"
            type="date"
            name="day"
            max={dayOf(new Date().toISOString())}
            required
          />
          <button type="submit" class="button button-small">{search.dateAct}</button>
        </div>
      </form>
      <div role="status">
        {found && (
          <p class="quiet side-note">{found.length ? search.found(found.length) : search.none}</p>
        )}
      </div>
      {found && <FoundList items={found} />}
    </>
  );
}
