/** P8: how many listeners one process tells of live audio in time, beside Icecast. */
import { creator, makeLive } from "../tests/support/live.ts";
import { ticket } from "../tests/support/sockets.ts";
import { type Contestant, defineBench } from "./bench.ts";
import { PASSWORD, startIcecast } from "./icecast.ts";
import type { LiveFigures, LiveOrder } from "./loads/live_listeners.ts";
import { nodeOf } from "./node.ts";
import { type NodePeers, provideNodePeers } from "./peers.ts";
import { loadPath } from "./server_process.ts";

const LISTENERS = 1_000;
/** No frame may be later than this, in ms. */
const LATE_MS = 200;
/** How fine the search is: by half of this, in the end. */
const STEP = 1.25;

type Place = Omit<LiveOrder, "listeners" | "seconds">;

const upgrade = (path: string, port: number) =>
  [
    `GET ${path} HTTP/1.1`,
    ...[`Host: 127.0.0.1:${port}`, "Connection: Upgrade", "Upgrade: websocket"],
    ...["Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${btoa("0123456789abcdef")}`, "", ""],
  ].join("\r\n");

async function measure({ node }: NodePeers, order: LiveOrder): Promise<LiveFigures> {
  const { success, stdout } = await new Deno.Command(node, {
    args: [
      ...["--max-semi-space-size=64", loadPath("live_listeners.ts")],
      JSON.stringify(order),
    ],
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`The live load failed with ${order.listeners} listeners`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const isBorne = ({ worst, incomplete }: LiveFigures) => incomplete === 0 && worst <= LATE_MS;

/** The most listeners that are told in time, from `last` up or down. */
async function mostListeners(
  trial: (listeners: number) => Promise<LiveFigures>,
  last: number,
): Promise<{ listeners: number; figures: LiveFigures }> {
  let best = { listeners: last, figures: await trial(last) };
  const climbs = isBorne(best.figures);
  for (let step = climbs ? STEP : 1 / STEP;; step = climbs ? STEP : 1 / STEP) {
    const listeners = Math.round(best.listeners * step);
    if (listeners < 10) throw new Error("Not even ten listeners were told in time");
    const figures = await trial(listeners);
    if (climbs && !isBorne(figures)) return best;
    best = { listeners, figures };
    if (!climbs && isBorne(figures)) return best;
  }
}

export const bench = defineBench({
  rule: "P8",
  title: "Live audio to many listeners",
  what:
    "One host sends frames of 20 ms at 96 kbit/s; each server is one process. Told is the time " +
    "from sending to reading, host and listeners being one more process on the same machine; 40 of " +
    "them look at each frame, the others count what comes. The highest number of listeners is that " +
    `at which nothing was lost and no frame was more than ${LATE_MS} ms late. How busy the load ` +
    "was shows whether it is the limit.",
  tools: ["icecast2"],
  rounds: 5,
  warmUps: 0,
  measures: {
    p99: {
      title: `p99 with ${LISTENERS} listeners`,
      unit: "ms",
      better: "less",
      targets: [{ atMost: 10 }],
    },
    whole: {
      title: "of these, to whom all came",
      unit: "%",
      better: "more",
      targets: [{ atLeast: 100 }],
    },
    listeners: {
      title: "listeners in time",
      unit: "",
      better: "more",
      targets: [{ beside: "icecast2", atLeast: 1 }],
    },
    busy: { title: "the load was busy then", unit: "%", better: "less", targets: [] },
  },
  open: async (stage) => {
    const { short, folder, owned } = stage;
    const peers = await provideNodePeers();
    const seconds = short ? 0.5 : 4;
    const crowd = short ? 20 : LISTENERS;

    const contestant = (
      name: string,
      role: Contestant["role"],
      placeOf: () => Promise<Place>,
    ): Contestant<"p99" | "whole" | "listeners" | "busy"> => {
      let last = crowd;
      const trial = async (listeners: number) =>
        await measure(peers, { ...await placeOf(), listeners, seconds });
      return {
        name,
        role,
        round: async () => {
          const { p99, incomplete, busy } = await trial(crowd);
          const whole = 100 * (1 - incomplete / crowd);
          if (short) return { p99, whole, listeners: crowd, busy: busy * 100 };
          const { listeners, figures } = await mostListeners(trial, last);
          last = listeners;
          return { p99, whole, listeners, busy: figures.busy * 100 };
        },
      };
    };

    const node = await nodeOf(stage);
    const anna = await creator(node.url);
    const port = Number(new URL(node.url).port);
    const ours = async (): Promise<Place> => {
      const { id } = await makeLive(node.url, anna);
      const pass = await ticket(node.url, anna.accessToken);
      return {
        port,
        form: "frames",
        host: {
          head: upgrade(`/ws/live/${id}/publish?token=${pass}`, port),
          first: JSON.stringify({
            type: "live",
            action: "begin",
            data: { codec: "opus", channels: 2, frame_samples: 960 },
          }),
          ready: '"begun"',
        },
        listen: upgrade(`/ws/live/${id}/listen`, port),
      };
    };
    await Deno.chmod(folder, 0o711); // Icecast is not root
    const icecast = owned.use(await startIcecast(`${folder}/icecast`));
    let mounts = 0;
    const theirs = (): Promise<Place> => {
      const mount = `/bench${mounts++}`;
      const credentials = btoa(`source:${PASSWORD}`);
      return Promise.resolve({
        port: icecast.port,
        form: "bare",
        host: {
          head: [
            `PUT ${mount} HTTP/1.1`,
            ...[`Host: 127.0.0.1:${icecast.port}`, `Authorization: Basic ${credentials}`],
            ...["Content-Type: application/octet-stream", "", ""],
          ].join("\r\n"),
          ready: "200 OK",
        },
        listen: `GET ${mount} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n`,
      });
    };
    return [contestant("Veza", "ours", ours), contestant("icecast2", "peer", theirs)];
  },
});
