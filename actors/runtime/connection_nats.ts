/** The one connection of a node to NATS. */
import type { NatsConnection } from "@nats-io/transport-node";

/** NATS was not there when a node started; the message says where it was looked for. */
export class NatsUnreachable extends Error {
  override readonly name = "NatsUnreachable";
}

/** A ping each so many ms; two without an answer, and the connection counts as broken (A15). */
const PING_MS = 2_000;
const PINGS_OUT = 2;
/** Tries again after this, and up to as much more by chance, for ever, in ms. */
const RETRY_MS = 250;
/** How long the first attempt may take, in ms. */
const FIRST_MS = 5_000;

/** How the subjects begin to which replies come, as NATS has them. */
export const INBOXES = "_INBOX";

/**
 * How those of the user of `url` begin: `_INBOX.worker`, so that a server may let each user hear its
 * own replies and no others. Without a user, or with one that is no word of a subject: `_INBOX`.
 */
export function inboxPrefixOf(url: string): string {
  const user = decodeURIComponent(new URL(url).username);
  return /^[\w-]+$/.test(user) ? `${INBOXES}.${user}` : INBOXES;
}

/**
 * Connects to `url`; once connected, it comes back by itself for ever. `name` is shown by NATS.
 *
 * @throws {NatsUnreachable} when nobody answers
 */
export async function connectNats(url: string, name: string): Promise<NatsConnection> {
  const { username, password, protocol, host } = new URL(url);
  const { connect } = await import("@nats-io/transport-node"); // what is alone need not hold it (P10)
  try {
    return await connect({
      servers: host,
      name,
      ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
      ...(protocol === "tls:" && { tls: {} }),
      inboxPrefix: inboxPrefixOf(url),
      pingInterval: PING_MS,
      maxPingOut: PINGS_OUT,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RETRY_MS,
      reconnectJitter: RETRY_MS,
      reconnectJitterTLS: RETRY_MS,
      ignoreAuthErrorAbort: true, // a server that is being set up may refuse for a while
      timeout: FIRST_MS,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NatsUnreachable(`NATS_URL is ${protocol}//${host}: nobody answers there (${why})`);
  }
}
