/** P8: how many listeners one process tells of live audio in time, beside Icecast. */
import { creator, makeLive } from "../tests/support/live.ts";
import { ticket } from "../tests/support/sockets.ts";
import { type Contestant, defineBench } from "./bench.ts";
import { PASSWORD, startIcecast } from "./icecast.ts";
import type { LiveOrder, LiveOutcome } from "./loads/live_listeners.ts";
import { nodeOf } from "./node.ts";
import { type NodePeers, provideNodePeers } from "./peers.ts";
import { loadPath } from "./server_process.ts";

const LISTENERS = 1_000;
/** No frame may be later than this, in ms. */
const LATE_MS = 200;
/** How fine the search is: by half of this, in the end. */
const STEP = 1.25;
/** As many as a process may have files open here. */
const MOST = 18_000;

type Place = Pick<LiveOrder, "port" | "host" | "listen" | "entering" | "eager">;

const upgrade = (path: string, port: number) =>
  [
    `GET ${path} HTTP/1.1`,
    ...[`Host: 127.0.0.1:${port}`, "Connection: Upgrade", "Upgrade: websocket"],
    ...["Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${btoa("0123456789abcdef")}`, "", ""],
  ].join("\r\n");

async function measure({ node }: NodePeers, order: LiveOrder): Promise<LiveOutcome> {
  const { success, stdout } = await new Deno.Command(node, {
    args: [
      ...["--max-semi-space-size=64", loadPath("live_listeners.ts")],
      JSON.stringify(order),
    ],
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The live load failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

export const bench = defineBench({
  rule: "P8",
  title: "Live audio to many listeners",
  what:
    "One host sends frames of 20 ms at 96 kbit/s; each server is one process. Told is the time " +
    "from sending to reading, host and listeners being one more process on the same machine; 40 of " +
    "the listeners look at each frame, the others count what comes. _WebSocket_ writes each frame " +
    "by itself; _HTTP_ is the endless file of Ogg Opus that a radio player opens, a page each 140 " +
    "ms; Icecast writes 1,400 bytes each 117 ms. Listeners come until a frame is more than " +
    `${LATE_MS} ms late or is lost, twice; the number before is told. How busy the load was with ` +
    "them shows whether it is the limit.",
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
    pages: {
      title: `p99 with ${LISTENERS} listeners, several frames in a write`,
      unit: "ms",
      better: "less",
      targets: [],
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
    framed: {
      title: "listeners in time, each frame a write",
      unit: "",
      better: "more",
      targets: [],
    },
    busy: { title: "the load was busy then", unit: "%", better: "less", targets: [] },
  },
  open: async (stage) => {
    const { short, folder, owned } = stage;
    const peers = await provideNodePeers();
    const order = short
      ? { listeners: 20, most: 20, step: STEP, lateMs: 5_000, seconds: 0.5 }
      : { listeners: LISTENERS, most: MOST, step: STEP, lateMs: LATE_MS, seconds: 4 };

    const contestant = (
      name: string,
      role: Contestant["role"],
      keys: readonly ("p99" | "pages" | "listeners" | "framed")[],
      placeOf: () => Promise<Place>,
    ): Contestant<"p99" | "pages" | "whole" | "listeners" | "framed" | "busy"> => ({
      name,
      role,
      round: async () => {
        const { begin, most } = await measure(peers, { ...order, ...await placeOf() });
        const listeners = most?.listeners ?? 0;
        const figures = { p99: begin.p99, pages: begin.p99, listeners, framed: listeners };
        return {
          ...Object.fromEntries(keys.map((key) => [key, figures[key]])),
          whole: 100 * (1 - begin.incomplete / begin.listeners),
          busy: (most ?? begin).busy * 100,
        };
      },
    });

    const node = await nodeOf(stage);
    const anna = await creator(node.url);
    const port = Number(new URL(node.url).port);
    const ours = (listen: (id: string) => string) => async (): Promise<Place> => {
      const { id } = await makeLive(node.url, anna);
      const pass = await ticket(node.url, anna.accessToken);
      return {
        ...{ port, entering: 100, eager: 1 },
        host: {
          head: upgrade(`/ws/live/${id}/publish?token=${pass}`, port),
          first: JSON.stringify({
            type: "live",
            action: "begin",
            data: { codec: "opus", channels: 2, frame_samples: 960 },
          }),
          ready: '"begun"',
        },
        listen: listen(id),
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
        // it lets in few at each block that it reads, and the fewer the more of them wait
        ...{ entering: 4, eager: 10 },
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
    return [
      contestant(
        "Veza, WebSocket",
        "ours",
        ["p99", "framed"],
        ours((id) => upgrade(`/ws/live/${id}/listen`, port)),
      ),
      contestant(
        "Veza, HTTP",
        "ours",
        ["pages", "listeners"],
        ours((id) => `GET /live/${id}/stream.opus HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`),
      ),
      contestant("icecast2", "peer", ["pages", "listeners", "framed"], theirs),
    ];
  },
});
