/** A connection to Redis that nobody waits for long: while it is away, its users do without (O7). */
import { createHash } from "node:crypto";
import { RedisClient as Connection } from "@redis/client";

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

// Not `createClient`, which adds a method for each of 480 commands: at 23 MiB and 30 ms (P10).
const connectionTo = (url: string) =>
  new Connection({
    url,
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

/** What is asked of Redis. */
export interface RedisClient {
  /** A command, by its words. */
  send<T>(...words: readonly string[]): Promise<T>;
  /** A script in Lua, which Redis takes as one step. */
  evaluate<T>(
    script: string,
    keys: readonly string[],
    ...words: readonly (string | number)[]
  ): Promise<T>;
}

function clientOf(connection: ReturnType<typeof connectionTo>): RedisClient {
  const hashes = new Map<string, string>();
  const hashOf = (script: string) => {
    const hash = hashes.get(script) ?? createHash("sha1").update(script).digest("hex");
    hashes.set(script, hash);
    return hash;
  };
  return {
    send: (...words) => connection.sendCommand(words),
    async evaluate(script, keys, ...words) {
      const rest = [String(keys.length), ...keys, ...words.map(String)];
      try {
        return await connection.sendCommand(["EVALSHA", hashOf(script), ...rest]);
      } catch (error) {
        // NOSCRIPT: Redis has started anew, or never saw it
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return await connection.sendCommand(["EVAL", script, ...rest]);
      }
    },
  };
}

/** Disposing ends the connection. */
export interface Redis extends Disposable {
  /** What `ask` answers; undefined while Redis is away, slow, or refuses. Never rejects. */
  run<T>(ask: (client: RedisClient) => Promise<T>): Promise<T | undefined>;
  /** @throws {Error} when it does not answer */
  ping(): Promise<void>;
}

/** Begins to connect to `url` (`redis://…`, `rediss://…`), and goes on for ever. */
export function openRedis({ url, log }: { url: string; log: Log }): Redis {
  const connection = connectionTo(url);
  const client = clientOf(connection);
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
  connection.on("error", (error) => tell(true, error));
  connection.on("ready", () => tell(false));
  connection.connect().catch((error) => tell(true, error)); // only a client that was ended rejects

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
      if (!connection.isReady || performance.now() < restUntil) return undefined;
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
      if (!connection.isReady) {
        throw new Error("Redis is away; each node counts and looks up for itself");
      }
      await within(client.send("PING"), PATIENCE_MS);
    },
    [Symbol.dispose]: () => connection.destroy(),
  };
}
