/** What the pages of administrators ask of the server, and the socket that tells what happens. */
import type { Page } from "../../domain/pages.ts";
import type { Job, JobPage } from "../../domain/jobs.ts";
import type { Overview, RuntimeSnapshot } from "../../domain/overview.ts";
import type { ActorView, RuntimeEvent } from "../../domain/runtime.ts";
import { request } from "../shared/api.ts";

const ADMIN = "/api/v1/admin";

export const fetchRuntime = (query: URLSearchParams): Promise<RuntimeSnapshot> =>
  request<RuntimeSnapshot>(`${ADMIN}/runtime?${query}`);

export const fetchOverview = (): Promise<Overview> => request<Overview>(`${ADMIN}/overview`);

export const fetchJobs = (query: URLSearchParams): Promise<JobPage> =>
  request<JobPage>(`${ADMIN}/jobs?${query}`);

/** Restarts an actor, or has it crash. */
export const actOn = (
  { kind, key }: Pick<ActorView, "kind" | "key">,
  act: "restart" | "crash",
): Promise<unknown> =>
  request(`${ADMIN}/actors/${encodeURIComponent(kind)}/${encodeURIComponent(key)}/${act}`, {
    method: "POST",
  });

/** Has a job tried again, or ends it; answers with the job as it is then. */
export const actOnJob = (id: string, act: "retry" | "cancel"): Promise<Job> =>
  request<Job>(`${ADMIN}/jobs/${id}/${act}`, { method: "POST" });

/** The first pause before another attempt to connect, and the longest, in ms; it doubles. */
const PAUSES_MS = { first: 500, most: 15_000 } as const;

/**
 * Follows what happens to actors and nodes until it is stopped. `tell` gets what was missed, too,
 * the oldest first, and may get an event twice. `live` is told whether the socket stands.
 */
export function followRuntime({ tell, live }: {
  tell: (events: readonly RuntimeEvent[]) => void;
  live: (standing: boolean) => void;
}): () => void {
  const held: { socket?: WebSocket; timer?: ReturnType<typeof setTimeout>; over: boolean } = {
    over: false,
  };
  let failures = 0;
  const missed = async () => {
    const { items } = await request<Pick<Page<RuntimeEvent>, "items">>(`${ADMIN}/runtime/events`);
    if (!held.over) tell(items.toReversed());
  };
  const connect = () => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/runtime`);
    held.socket = socket;
    socket.onopen = () => {
      // what came while nobody listened; the socket tells the rest
      missed().then(() => {
        failures = 0;
        live(true);
      }, () => socket.close());
    };
    socket.onmessage = ({ data }) => tell([JSON.parse(data)]);
    socket.onclose = () => {
      if (held.over) return;
      live(false);
      const pause = Math.min(PAUSES_MS.most, PAUSES_MS.first * 2 ** failures++);
      held.timer = setTimeout(connect, pause * (0.5 + Math.random() / 2));
    };
  };
  connect();
  return () => {
    held.over = true;
    clearTimeout(held.timer);
    held.socket?.close();
  };
}
