/** wrk, the load generator for plain requests: a process of its own, written in C. */

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

/** Asks for `url` over and over on `connections` that are kept, for `seconds`. */
export async function wrk(
  url: string,
  { seconds, connections }: { seconds: number; connections: number },
): Promise<WrkFigures> {
  const { success, stdout, stderr } = await new Deno.Command("wrk", {
    args: ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", url],
    stdin: "null",
  }).output();
  if (!success) throw new Error(`wrk ${url} failed: ${new TextDecoder().decode(stderr)}`);
  return readWrk(new TextDecoder().decode(stdout));
}
