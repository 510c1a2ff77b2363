/** P5: what a signed-in request to the REST interface costs, beside hellos that do nothing. */
import { register, upload, waitForTrack } from "../tests/support/client.ts";
import { bareServer } from "./bare_server.ts";
import { type Contestant, defineBench } from "./bench.ts";
import { answersAfter, launch } from "./launched.ts";
import { startNginx } from "./nginx.ts";
import { provideNodePeers } from "./peers.ts";
import { loadPath, startDenoServer, startServer } from "./server_process.ts";
import { makeSound } from "./sound.ts";
import { pacedConnections, wrk } from "./wrk.ts";

const CONNECTIONS = 32;
/** In force and counted, but never reached. */
const LIMITS = "api=900000000/1m";

export const bench = defineBench({
  rule: "P5",
  title: "REST",
  what: "`GET /api/v1/tracks/{id}` of a public track by somebody signed in (bearer), with limits " +
    "counted and told, each request logged to a file, all security headers, 0.9 KB of JSON. The " +
    "peers say hello and nothing else. wrk (one thread, 32 kept connections) asks as fast as it " +
    "gets answers; then at about half of that rate, in paced requests, for the p99. How far wrk " +
    "itself goes is seen by nginx with a file of five bytes.",
  tools: ["nginx", "wrk"],
  rounds: 7,
  warmUps: 1,
  measures: {
    rate: {
      title: "requests",
      unit: "/s",
      better: "more",
      targets: [
        { beside: "bare Deno.serve, hello", atLeast: 0.5 },
        { beside: "Fastify on Node, hello", atLeast: 1 },
      ],
    },
    p99: { title: "p99 at half of that", unit: "ms", better: "less", targets: [{ atMost: 10 }] },
    half: { title: "the half that was asked", unit: "/s", better: "more", targets: [] },
  },
  open: async (stage) => {
    const wav = `${stage.folder}/sound.wav`;
    await makeSound(wav, 2);
    const www = `${stage.folder}/www`;
    await Deno.mkdir(www);
    await Deno.writeTextFile(`${www}/hello`, "hello");
    const node = stage.owned.use(
      launch(`${stage.folder}/node`, { RATE_LIMITS: LIMITS, LOG_LEVEL: "debug" }),
    );
    await answersAfter(node, "/readyz");
    const { accessToken: token } = await register(node.url);
    const fields = { visibility: "public" };
    const { body } = await upload(node.url, token, await Deno.readFile(wav), { fields });
    await waitForTrack(node.url, body.track.id, ["ready"], { token });

    const { node: program, folder } = await provideNodePeers();
    const fastify = [loadPath("fastify_hello.mjs"), folder];
    const peers = {
      bare: stage.owned.use(await bareServer(`${www}/hello`)),
      hono: stage.owned.use(await startDenoServer("hono_hello.ts")),
      fastify: stage.owned.use(await startServer(program, fastify)),
      nginx: stage.owned.use(await startNginx(www, stage.folder)),
    };
    const seconds = stage.short ? 1 : 4;
    const contestant = (
      name: string,
      role: Contestant["role"],
      url: string,
      headers: Record<string, string> = {},
    ) => ({
      name,
      role,
      round: async () => {
        const full = await wrk(url, { seconds, connections: CONNECTIONS, headers });
        const connections = pacedConnections(full.requestsPerSecond / 2);
        const half = await wrk(url, { seconds, connections, headers, paced: true });
        return { rate: full.requestsPerSecond, half: half.requestsPerSecond, p99: half.p99Ms };
      },
    });
    return [
      contestant("Veza", "ours", `${node.url}/api/v1/tracks/${body.track.id}`, {
        Authorization: `Bearer ${token}`,
      }),
      contestant("bare Deno.serve, hello", "peer", peers.bare.url),
      contestant("Hono on Deno, hello", "peer", peers.hono.url),
      contestant("Fastify on Node, hello", "peer", peers.fastify.url),
      contestant("nginx, five bytes: as fast as wrk asks", "bound", `${peers.nginx.url}/hello`),
    ];
  },
});
