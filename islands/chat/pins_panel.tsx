/** What is pinned in the room. */
import { useEffect, useState } from "preact/hooks";
import { tell } from "./acts.ts";
import { FoundList } from "./found_list.tsx";
import { fetchPins, type Found } from "./rest.ts";
import { useRoom } from "./room_context.ts";
import { words } from "./words.ts";

export function PinsPanel() {
  const { start, model } = useRoom();
  const { pins, log } = words();
  const [items, setItems] = useState<readonly Found[] | null>(null);
  const shown = model.window.value.items.filter(({ pinned }) => pinned).map(({ seq }) => seq);
  useEffect(() => {
    fetchPins(start.id).then(({ items }) => setItems(items), tell);
  }, [shown.join()]);
  if (items === null) return <p class="quiet side-note" role="status">{log.loading}</p>;
  if (items.length === 0) {
    return <p class="quiet side-note">{start.kind === "direct" ? pins.emptyDirect : pins.empty}</p>;
  }
  return <FoundList items={items} />;
}
