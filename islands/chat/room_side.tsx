/** The panel beside a room; on a narrow screen it lies over it. */
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { PeoplePanel } from "./people_panel.tsx";
import { PinsPanel } from "./pins_panel.tsx";
import { useRoom } from "./room_context.ts";
import { SearchPanel } from "./search_panel.tsx";
import { SettingsPanel } from "./settings_panel.tsx";
import { words } from "./words.ts";

const PANELS = {
  people: PeoplePanel,
  pins: PinsPanel,
  search: SearchPanel,
  settings: SettingsPanel,
};

export function RoomSide() {
  const { panel, panelOpen } = useRoom();
  const side = useRef<HTMLElement>(null);
  const drawn = useRef(false);
  const { head } = words();
  const name = panel.value;
  const isOpen = panelOpen.value;
  useEffect(() => {
    // not when the page has just come
    if (drawn.current && isOpen) {
      const first = side.current?.querySelector<HTMLElement>("input, textarea") ??
        side.current?.querySelector<HTMLElement>("h2");
      first?.focus();
    }
    drawn.current = true;
  }, [name, isOpen]);
  const close = () => {
    panelOpen.value = false;
    document.querySelector<HTMLElement>(`[data-panel-key=${name}]`)?.focus();
    panel.value = "people";
  };
  const Panel = PANELS[name];
  return (
    <aside
      class="room-side"
      ref={side}
      data-open={isOpen ? "" : undefined}
      aria-label={head[name]}
      onKeyDown={(event) => {
        if (event.key === "Escape" && isOpen && !event.defaultPrevented) close();
      }}
    >
      <header class="side-head">
        <h2 tabIndex={-1}>{head[name]}</h2>
        <button
          type="button"
          class="key side-close"
          data-idle={name === "people" && !isOpen ? "" : undefined}
          aria-label={head.close}
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </header>
      <Panel key={name} />
    </aside>
  );
}
