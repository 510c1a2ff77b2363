/** Follows `/ws/notifications` while somebody is signed in; after each gap it asks what was missed. */
import type { NotificationFrame } from "../../domain/notifications.ts";
import { Problem } from "../shared/api.ts";
import { goneIds } from "../tracks/deletion.ts";
import { arrive, newSince } from "./arrival.ts";
import { fetchNewest } from "./client.ts";
import { newest, noteRead, unread } from "./state.ts";

/** The wait before another try, from the first to the longest, in ms. */
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** How often the line is tried out, and how long its answer may take, in ms. */
const PING_MS = 25_000;
const PATIENCE_MS = 10_000;

type Frame = NotificationFrame | { readonly type: "session" | "pong" | "error" };

/** Until what it returns is called. */
export function follow(visit: (url: string) => void): () => void {
  const over = new AbortController();
  let socket: WebSocket | undefined;
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watch: ReturnType<typeof setTimeout> | undefined;

  /** What came while nobody listened, as if it came now. */
  async function catchUp(): Promise<void> {
    try {
      const { items, unreadCount } = await fetchNewest();
      if (over.signal.aborted) return;
      for (const one of newSince(items, newest.value)) arrive(one, visit);
      unread.value = unreadCount;
    } catch (error) {
      const ended = error instanceof Problem &&
        (error.code === "unauthenticated" || error.code === "session_ended");
      if (ended) stop(); // until somebody signs in; anything else: the next gap, or the next page
    }
  }

  function take(frame: Frame): void {
    if (frame.type !== "notification") return;
    switch (frame.action) {
      case "received": {
        const { created_at: createdAt, unread_count: count, ...rest } = frame.data;
        unread.value = count;
        return arrive({ ...rest, createdAt }, visit);
      }
      case "read":
        unread.value = frame.data.unread_count;
        return noteRead(frame.data);
      case "removed":
        unread.value = frame.data.unread_count;
        goneIds.value = new Set([...goneIds.value, frame.data.id]);
        return;
      default:
        frame satisfies never;
    }
  }

  /** Pings after a while of silence, and gives a line up that does not answer. */
  function heard(line: WebSocket): void {
    clearTimeout(watch);
    watch = setTimeout(() => {
      line.send('{"type":"ping"}');
      watch = setTimeout(() => line.close(), PATIENCE_MS);
    }, PING_MS);
  }

  function connect(): void {
    clearTimeout(retry);
    if (over.signal.aborted) return;
    const line = new WebSocket("/ws/notifications");
    socket = line;
    line.onopen = () => {
      // to close one that is still opening would be a fault in the console
      if (over.signal.aborted) line.close();
    };
    line.onmessage = ({ data }) => {
      if (over.signal.aborted) return;
      heard(line);
      const frame: Frame = JSON.parse(data);
      if (frame.type !== "session") return take(frame);
      failures = 0;
      void catchUp(); // first listen, then look: what happens in between is told twice, not never
    };
    line.onclose = () => {
      clearTimeout(watch);
      if (over.signal.aborted) return;
      if (failures > 0) void catchUp(); // it does not open: perhaps the session has ended
      const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures++);
      retry = setTimeout(connect, wait * (0.5 + Math.random()));
    };
  }

  /** The line is back: no reason to wait. */
  const online = () => {
    if (socket?.readyState === WebSocket.CLOSED) connect();
  };
  function stop(): void {
    over.abort();
    clearTimeout(retry);
    clearTimeout(watch);
    removeEventListener("online", online);
    if (socket?.readyState === WebSocket.OPEN) socket.close();
  }
  addEventListener("online", online);
  connect();
  return stop;
}
