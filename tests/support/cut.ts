/** A connection to a server that can be cut: a TCP port in front of its Unix socket or its own port. */

export interface Cut extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections and takes no new one, as a server that went down. */
  down(): void;
  /** Takes connections again, on the same port. */
  up(): void;
  /** Lets nothing through, and says so to nobody, as a cable that was pulled out. */
  stall(): void;
  /** Lets through again, first what has been held up. */
  flow(): void;
}

/** Listens on a free port of loopback for the server at `to`: a path, or a port of loopback. */
export function cuttable(to: string | number): Cut {
  let listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const open = new Set<Deno.Conn>();
  const turns = new Set<Promise<void>>();
  let flowing = Promise.withResolvers<void>();
  flowing.resolve();

  const close = (conn: Deno.Conn) => {
    if (open.delete(conn)) conn.close();
  };
  const track = (work: Promise<void>) => {
    const turn = work.finally(() => turns.delete(turn));
    turns.add(turn);
  };
  const copy = async (from: Deno.Conn, to: Deno.Conn) => {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
        await flowing.promise;
        for (let at = 0; at < n;) at += await to.write(buffer.subarray(at, n));
      }
    } catch (error) {
      if (open.has(from) && open.has(to) && !isEnd(error)) throw error;
    } finally {
      close(from);
      close(to);
    }
  };
  /** Undefined when the server is down: then this port is as good as closed. */
  const dial = async (): Promise<Deno.Conn | undefined> => {
    try {
      return await (typeof to === "number"
        ? Deno.connect({ hostname: "127.0.0.1", port: to })
        : Deno.connect({ transport: "unix", path: to }));
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return undefined;
      throw error;
    }
  };
  const accept = async (from: Deno.Listener) => {
    for await (const client of from) {
      open.add(client);
      await flowing.promise;
      const server = await dial();
      if (server === undefined) {
        close(client);
        continue;
      }
      open.add(server);
      track(copy(client, server));
      track(copy(server, client));
    }
  };
  track(accept(listener));
  let isUp = true;
  const down = () => {
    if (!isUp) return;
    isUp = false;
    listener.close();
    for (const conn of [...open]) close(conn);
  };
  return {
    port,
    down,
    up() {
      listener = Deno.listen({ hostname: "127.0.0.1", port });
      isUp = true;
      track(accept(listener));
    },
    stall() {
      flowing = Promise.withResolvers();
    },
    flow: () => flowing.resolve(),
    async [Symbol.asyncDispose]() {
      flowing.resolve();
      down();
      await Promise.all(turns);
    },
  };
}

/** What reading and writing say when either side has closed. */
const isEnd = (error: unknown): boolean =>
  error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
  error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
