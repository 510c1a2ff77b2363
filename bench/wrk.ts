/** wrk, the load generator for plain requests: a process of its own, written in C. */

import { loadPath } from "./server_process.ts";

/** What wrk saw. */
export interface WrkFigures {
  readonly requestsPerSecond: number;
  /** Of each request from first to last byte, in ms. */
  readonly p99Ms: number;
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

/** Reads what `wrk --latency` prints; pure. @throws {Error} when a request failed, or it has no figures */
export function readWrk(text: string): WrkFigures {
  const trouble = /(Socket errors: .*|Non-2xx or 3xx responses: \d+)/.exec(text)?.[1];
  if (trouble) throw new Error(`wrk had failures: ${trouble}`);
  const rate = /^Requests\/sec:\s+([\d.]+)$/m.exec(text)?.[1];
  const [, p99, unit = ""] = /^\s+99%\s+([\d.]+)(us|ms|s|m)$/m.exec(text) ?? [];
  if (!rate || !p99) throw new Error(`wrk printed no figures:\n${text}`);
  return { requestsPerSecond: Number(rate), p99Ms: Number(p99) * MILLISECONDS[unit]! };
}

/** The mean pause of `loads/pause.lua`, in ms. */
const PAUSE_MS = 10;

/** How to ask. */
export interface WrkLoad {
  readonly seconds: number;
  /** Connections that are kept. */
  readonly connections: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Each connection pauses 5 to 15 ms between requests: a rate, and not all that is possible. */
  readonly paced?: boolean;
}

/** How many paced connections ask `perSecond` times, if answers come in much less than a pause. */
export const pacedConnections = (perSecond: number): number =>
  Math.max(1, Math.round(perSecond * PAUSE_MS / 1_000));

/** Asks for `url` over and over. */
export async function wrk(
  url: string,
  { seconds, connections, headers = {}, paced = false }: WrkLoad,
): Promise<WrkFigures> {
  const { success, stdout, stderr } = await new Deno.Command("wrk", {
    args: [
      ...["-t1", `-c${connections}`, `-d${seconds}s`, "--latency"],
      ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
      ...(paced ? ["-s", loadPath("pause.lua")] : []),
      url,
    ],
    stdin: "null",
  }).output();
  if (!success) throw new Error(`wrk ${url} failed: ${new TextDecoder().decode(stderr)}`);
  return readWrk(new TextDecoder().decode(stdout));
}
