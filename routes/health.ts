/** `/healthz`: alive. `/readyz`: able to serve, each dependency by name and latency (O16). */
import { Hono } from "hono";
import type { AppEnv } from "./env.ts";

/** How a dependency is. `required`: without it the node cannot serve. */
export interface Check {
  readonly name: string;
  readonly required: boolean;
  /** Throws when it is not well. May say something of it, such as a version. */
  run(signal: AbortSignal): Promise<string | void>;
}

/** A dependency that has not answered by then counts as down, in ms. */
const PATIENCE_MS = 2_000;

async function examine(check: Check) {
  const started = performance.now();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const late = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => late.reject(new Error(`no answer in ${PATIENCE_MS} ms`)));
  const round = () => Math.round((performance.now() - started) * 10) / 10;
  try {
    const note = await Promise.race([check.run(signal), late.promise]);
    return { name: check.name, status: "ok" as const, latencyMs: round(), ...(note && { note }) };
  } catch (error) {
    const status = check.required ? "down" as const : "degraded" as const;
    return { name: check.name, status, latencyMs: round(), note: (error as Error).message };
  }
}

export function health({ checks, nodeName }: { checks: readonly Check[]; nodeName: string }) {
  const app = new Hono<AppEnv>();
  app.get("/healthz", (c) => c.json({ status: "ok", node: nodeName }));
  app.get("/readyz", async (c) => {
    const results = await Promise.all(checks.map(examine));
    const down = results.some(({ status }) => status === "down");
    const degraded = results.some(({ status }) => status === "degraded");
    c.header("Cache-Control", "no-store");
    return c.json(
      { status: down ? "down" : degraded ? "degraded" : "ok", node: nodeName, checks: results },
      down ? 503 : 200,
    );
  });
  return app;
}
