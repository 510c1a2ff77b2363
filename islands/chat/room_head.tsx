/** The head of a room: what it is called and about, who is there, and the ways to its panels. */
import { Icon, type IconName } from "../icons.tsx";
import { type Panel, useRoom } from "./room_context.ts";
import { words } from "./words.ts";

function PanelKey({ name, icon, label }: { name: Panel; icon: IconName; label: string }) {
  const { panel, panelOpen } = useRoom();
  const isHere = panel.value === name;
  return (
    <button
      type="button"
      class="key"
      data-panel-key={name}
      aria-label={label}
      title={label}
      aria-pressed={isHere && panelOpen.value}
      onClick={() => {
        panelOpen.value = !(isHere && panelOpen.value);
        panel.value = name;
      }}
    >
      <Icon name={icon} />
    </button>
  );
}

export function RoomHead() {
  const { model, client } = useRoom();
  const { head, list } = words();
  const { name, topic, kind, memberCount } = model.info.value;
  const here = model.hereCount.value;
  const facts = [
    head[kind],
    kind === "direct" && memberCount <= 2 ? null : list.members(memberCount),
    here > 0 ? head.online(here) : null,
  ].filter(Boolean).join(" · ");
  return (
    <header class="room-head">
      <a class="key room-back" href="/rooms" aria-label={head.back}>
        <Icon name="rooms" />
      </a>
      <div class="room-words">
        <h1 class="room-name">{name}</h1>
        <p class="room-facts">
          <span>{facts}</span>
          {topic && <span class="room-topic">{topic}</span>}
        </p>
      </div>
      {client && (
        <div class="room-keys">
          <PanelKey name="search" icon="search" label={head.search} />
          <PanelKey name="pins" icon="pin" label={head.pins} />
          <PanelKey name="people" icon="people" label={head.people} />
          {kind !== "direct" && model.info.value.role !== null && (
            <PanelKey name="settings" icon="settings" label={head.settings} />
          )}
        </div>
      )}
    </header>
  );
}
