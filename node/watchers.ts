/** What a worker answers on METRICS_PORT: whether it lives, whether it can work, and its metrics. */
import { Hono } from "hono";
import type { Config } from "../config.ts";
import type { Tool } from "../media/ffmpeg.ts";
import type { AppEnv } from "../routes/env.ts";
import { health } from "../routes/health.ts";
import { metricsRoute } from "../routes/metrics.ts";
import { onError } from "../routes/middleware/errors.ts";
import { listen, type Listening } from "../routes/serve.ts";
import type { Log } from "../services/log.ts";
import type { Meters } from "./meters.ts";

/** @throws {PortTaken} */
export async function answerWatchers({ config, meters, ping, reach, ffmpeg, log }: {
  config: Config;
  meters: Meters;
  ping: () => Promise<unknown>;
  reach: () => Promise<void>;
  ffmpeg: Tool;
  log: Log;
}): Promise<Listening> {
  const { host, metricsPort: port = 0, nodeName, metricsToken: token } = config;
  const app = new Hono<AppEnv>();
  // nobody asks here who would want a page
  const page = (_: unknown, { status, detail }: { status: number; detail: string }) =>
    new Response(detail, { status });
  app.onError(onError({ log, page, translate: (error) => error }));
  app.route(
    "/",
    health({
      nodeName,
      checks: [
        { name: "postgresql", required: true, run: async () => void await ping() },
        { name: "nats", required: false, run: reach },
        { name: "ffmpeg", required: true, run: () => Promise.resolve(ffmpeg.version) },
      ],
    }),
  );
  app.route("/", metricsRoute({ metrics: meters, token }));
  const server = await listen({ host, port, tlsCert: undefined, tlsKey: undefined });
  server.answer((request, info) => app.fetch(request, info));
  return server;
}
