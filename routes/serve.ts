/** Listens: the port is taken before anything slow is started, the app comes when it is ready. */
import { isRejection } from "../domain/errors.ts";

/** The address is held by somebody else; the message says what to do. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Paths of PEM files; both or none. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

type Handler = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;

export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** Aborts when the server is to end: endless answers end by it. */
  readonly closing: AbortSignal;
  /** From now on `handler` answers; before, callers are told that the node is starting. */
  answer(handler: Handler): void;
}

const starting: Handler = () =>
  Response.json(
    { type: "about:blank", title: "The node is starting", status: 503, code: "unavailable" },
    { status: 503, headers: { "Content-Type": "application/problem+json", "Retry-After": "1" } },
  );

/** What breaks outside the app, which answers its own errors: bodies that are under way. */
function onError(error: unknown): Response {
  if (!isRejection(error, "slow_reader")) console.error(error);
  return new Response(null, { status: 500 }); // nobody gets it where the answer has begun
}

/** `shutdown` cuts sockets off with 1001 at once: what they are told before has this long, in ms. */
const LAST_WORDS_MS = 50;
/** Requests that are under way at the end have this long, in ms. */
const FINISH_MS = 5_000;

/** @throws {PortTaken} */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { host, port, tlsCert, tlsKey } = options;
  const closing = new AbortController();
  let handler = starting;
  const pem = tlsCert && tlsKey
    ? { cert: await Deno.readTextFile(tlsCert), key: await Deno.readTextFile(tlsKey) }
    : {};
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname: host,
      port,
      onListen: () => {}, // the address is told when it answers
      onError,
      ...pem,
    }, (request, info) => handler(request, info));
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new PortTaken(`Port ${port} on ${host} is in use; stop what uses it, or set PORT`);
    }
    throw error;
  }
  return {
    port: server.addr.port,
    closing: closing.signal,
    answer: (next) => void (handler = next),
    async [Symbol.asyncDispose]() {
      if (closing.signal.aborted) return; // ended before
      closing.abort();
      await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, FINISH_MS);
      // what is still under way after that ends with the process
      await Promise.race([server.shutdown(), late.promise]);
      clearTimeout(timer);
    },
  };
}
