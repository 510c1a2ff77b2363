/** A connection to Redis that nobody waits for long: while it is away, its users do without (O7). */
import { createClient, defineScript } from "@redis/client";

/** What this connection tells of itself. */
interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/** An answer that takes longer counts as none: the database alone would be quicker. In ms. */
const PATIENCE_MS = 250;
/** After an answer that did not come, nobody asks for so long, in ms. */
const REST_MS = 1_000;
/** The longest pause between two tries to connect, in ms. */
const MOST_PAUSE_MS = 1_000;
/** A server that says nothing to so many pings is connected to anew; in ms. */
const PING_MS = 2_000;
const SILENCE_MS = 3 * PING_MS;

/**
 * Counts one request in a sliding window of slices. Time is the server's, so that nodes whose clocks
 * differ count alike. `KEYS[1]`: a hash of slice → count. `ARGV`: width of a slice in ms, how many
 * slices a window has, most requests in it, and the time in ms for tests (else empty). Returns
 * whether it is allowed, how many are left, and after how many ms there is room again.
 */
const COUNT = `
local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local width, slices, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local slice = math.floor(now / width)
local used, oldest, counts = 0, slice, redis.call('HGETALL', KEYS[1])
for i = 1, #counts, 2 do
  local at = tonumber(counts[i])
  if at < slice - slices then
    redis.call('HDEL', KEYS[1], counts[i])
  else
    used = used + tonumber(counts[i + 1])
    oldest = math.min(oldest, at)
  end
end
local allowed = used < most and 1 or 0
if allowed == 1 then
  redis.call('HINCRBY', KEYS[1], string.format('%.0f', slice), 1)
  redis.call('PEXPIRE', KEYS[1], math.ceil(width * (slices + 1)))
end
return { allowed, math.max(0, most - used - allowed), math.ceil((oldest + slices + 1) * width - now) }
`;

/**
 * Keeps a value unless something was changed since it was looked up. `KEYS`: the value, its marker,
 * the marker of all. `ARGV`: the value, how long it is kept in ms, both markers as they were.
 */
const KEEP = `
if (redis.call('GET', KEYS[2]) or '') == ARGV[3] and redis.call('GET', KEYS[3]) == ARGV[4] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0
`;

const scripts = {
  count: defineScript({
    SCRIPT: COUNT,
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, key: string, ...words: (string | number)[]) {
      parser.pushKey(key);
      parser.push(...words.map(String));
    },
    transformReply(reply: unknown) {
      const [allowed, remaining = 0, resetMs = 0] = reply as number[];
      return { allowed: allowed === 1, remaining, resetMs: Math.max(0, resetMs) };
    },
  }),
  keep: defineScript({
    SCRIPT: KEEP,
    NUMBER_OF_KEYS: 3,
    parseCommand(parser, keys: readonly [string, string, string], ...words: (string | number)[]) {
      for (const key of keys) parser.pushKey(key);
      parser.push(...words.map(String));
    },
    transformReply: (reply: unknown) => reply === 1,
  }),
};

const clientOf = (url: string) =>
  createClient({
    url,
    scripts,
    // an answer at once is worth more here than one that comes when Redis is back
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    pingInterval: PING_MS,
    socket: {
      connectTimeout: 2_000,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 10), MOST_PAUSE_MS),
    },
  });

export type RedisClient = ReturnType<typeof clientOf>;

/** Disposing ends the connection. */
export interface Redis extends Disposable {
  /** What `ask` answers; undefined while Redis is away, slow, or refuses. Never rejects. */
  run<T>(ask: (client: RedisClient) => Promise<T>): Promise<T | undefined>;
  /** @throws {Error} when it does not answer */
  ping(): Promise<void>;
}

/** Begins to connect to `url` (`redis://…`, `rediss://…`), and goes on for ever. */
export function openRedis({ url, log }: { url: string; log: Log }): Redis {
  const client = clientOf(url);
  let away = false;
  let restUntil = 0;
  /** Its errors come at each try; the change is told once. */
  const tell = (isAway: boolean, error?: unknown) => {
    if (isAway === away) return;
    away = isAway;
    if (isAway) {
      log.warn("Redis is away: limits count on each node, caches are passed by", { error });
    } else log.info("Redis is back");
  };
  client.on("error", (error) => tell(true, error));
  client.on("ready", () => tell(false));
  client.connect().catch((error) => tell(true, error)); // only a client that was ended rejects

  const within = async <T>(asked: Promise<T>, ms: number): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis gave no answer in ${ms} ms`)), ms);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
      asked.catch(() => {}); // told by the race, or too late to matter
    }
  };

  return {
    async run(ask) {
      if (!client.isReady || performance.now() < restUntil) return undefined;
      try {
        const answer = await within(ask(client), PATIENCE_MS);
        tell(false);
        return answer;
      } catch (error) {
        restUntil = performance.now() + REST_MS;
        tell(true, error);
        return undefined;
      }
    },
    async ping() {
      if (!client.isReady) {
        throw new Error("Redis is away; each node counts and looks up for itself");
      }
      await within(client.ping(), PATIENCE_MS);
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}
