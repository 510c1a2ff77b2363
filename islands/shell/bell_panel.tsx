/** What the bell opens: the newest notifications, beside the rail or as a sheet from below. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Notification } from "../../domain/notifications.ts";
import { Icon } from "../icons.tsx";
import { fetchNewest, markRead } from "../notifications/client.ts";
import { NotificationRows, present } from "../notifications/rows.tsx";
import { isRead, news, panelOpen, unread } from "../notifications/state.ts";
import { path } from "../shared/session.ts";
import { toast } from "../shared/toasts.tsx";
import { t } from "../shared/words.ts";
import { visibleBell } from "./bell.ts";

const close = () => (panelOpen.value = false);

type Loaded = readonly Notification[] | "failed" | null;

/** The list as it was when the panel was opened; `again` asks once more. */
function useNewest(): { loaded: Loaded; again: () => void } {
  const [loaded, setLoaded] = useState<Loaded>(null);
  const again = () => {
    setLoaded(null);
    fetchNewest().then(({ items, unreadCount }) => {
      unread.value = unreadCount;
      setLoaded(items);
    }, () => setLoaded("failed"));
  };
  useEffect(again, []);
  return { loaded, again };
}

function Content() {
  const words = t().notifications;
  const { loaded, again } = useNewest();
  if (loaded === "failed") {
    return (
      <p class="panel-note" role="alert">
        {words.failed} <button type="button" class="link" onClick={again}>{words.retry}</button>
      </p>
    );
  }
  if (loaded === null) {
    return (
      <div class="notes-wait" role="status">
        <span class="visually-hidden">{words.loading}</span>
        {[1, 2, 3].map((line) => <span key={line} class="notes-line" />)}
      </div>
    );
  }
  const come = news.value.filter(({ id }) => !loaded.some((one) => one.id === id));
  const items = present([...come, ...loaded]);
  const [newest] = items;
  if (!newest) return <p class="quiet panel-note">{words.empty}</p>;
  const markAll = () =>
    markRead({ before: newest.id }).catch((error) => toast(String(error.message)));
  return (
    <>
      {items.some((one) => !isRead(one)) && (
        <p class="notes-acts">
          <button type="button" class="link" onClick={markAll}>{words.markAll}</button>
        </p>
      )}
      <NotificationRows items={items} now={Date.now()} />
    </>
  );
}

export function BellPanel() {
  const panel = useRef<HTMLElement>(null);
  const words = t().notifications;
  useEffect(() => {
    panel.current?.querySelector<HTMLElement>("button")?.focus();
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape") close();
    };
    const press = (event: PointerEvent) => {
      if (!(event.target instanceof Element)) return;
      // a note's Undo belongs to what was done here
      if (!event.target.closest(".bell-panel, [data-bell], .toasts")) close();
    };
    addEventListener("keydown", key);
    addEventListener("pointerdown", press);
    const from = path.value;
    const leave = path.subscribe((at) => {
      if (at === from) return;
      const held = document.activeElement;
      // the new page's heading takes the focus, unless a panel has it
      if (held instanceof HTMLElement && panel.current?.contains(held)) held.blur();
      close();
    });
    return () => {
      removeEventListener("keydown", key);
      removeEventListener("pointerdown", press);
      leave();
      // who went on to a page, or to another place in it, is not called back
      const at = document.activeElement;
      if (at === null || at === document.body || panel.current?.contains(at)) {
        visibleBell()?.focus();
      }
    };
  }, []);
  return (
    <aside class="panel bell-panel" id="bell-panel" ref={panel} aria-label={words.title}>
      <header class="panel-head">
        <h2>{words.title}</h2>
        <button type="button" class="key" aria-label={words.close} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <Content />
      <footer class="bell-foot">
        <a class="link" href="/notifications">{words.showAll}</a>
        <a class="link" href="/settings/notifications">{words.choose}</a>
      </footer>
    </aside>
  );
}
