/** The chat of this tab: one client for one's account, which outlives the pages of rooms. */
import { signal } from "@preact/signals";
import { username } from "../shared/session.ts";
import { type ChatClient, chatClient } from "./client.ts";
import type { ChatEvent } from "./events.ts";
import { keptOutbox } from "./kept.ts";
import type { LineState } from "./line.ts";
import type { Me } from "./start.ts";

export const line = signal<LineState>({ kind: "connecting" });

/** Whether the server that one is on does not reach the others. */
export const degraded = signal(false);

interface Tab {
  client: ChatClient | null;
  me: Me | null;
  stop(): void;
}
const tab: Tab = { client: null, me: null, stop: () => {} };
const hearers = new Set<(event: ChatEvent) => void>();

/** Is told of everything, until what it returns is called. */
export function hear(hearer: (event: ChatEvent) => void): () => void {
  hearers.add(hearer);
  return () => void hearers.delete(hearer);
}

function leave(): void {
  tab.stop();
  tab.client?.close();
  tab.client = null;
}

/** The client of who looks at the page; another account gets another. */
export function chatOf(me: Me | null): ChatClient {
  if (tab.client && tab.me?.id === me?.id && line.peek().kind !== "ended") return tab.client;
  leave();
  tab.me = me;
  const address = `${location.origin.replace(/^http/, "ws")}/ws`;
  const client = chatClient({
    address: () => address,
    storage: me ? keptOutbox(me.id) : null,
    on(event) {
      if (event.kind === "line") {
        line.value = event.state;
        degraded.value = false; // a new line is told anew
      } else if (event.kind === "degraded") degraded.value = event.isDegraded;
      for (const hearer of [...hearers]) hearer(event);
    },
  });
  tab.client = client;
  const wake = () => client.wake();
  const look = () => {
    if (document.visibilityState === "visible") client.wake();
    client.present(document.visibilityState === "visible" ? "online" : "away");
  };
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", look);
  // what one account says is no business of the next
  const follow = username.subscribe((name) => {
    if ((name ?? undefined) !== me?.username) {
      queueMicrotask(() => tab.client === client && leave());
    }
  });
  tab.stop = () => {
    removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", look);
    follow();
  };
  return client;
}
