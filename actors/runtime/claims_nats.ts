/** {@linkcode Claims} in a key-value bucket of JetStream, by compare-and-set. */
import {
  jetstream,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { Rejection } from "../../domain/errors.ts";
import type { Bus } from "./bus.ts";
import type { Claim, Claims } from "./claims.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";

const BUCKET = "claims";
const STREAM = `KV_${BUCKET}`;
/** How long the store may take to answer, in ms: callers wait for it. */
const PATIENCE_MS = 2_000;
/** After a reconnect JetStream may need a moment; it is asked again after so many ms. */
const AGAIN_MS = 200;
/** "wrong last sequence": somebody else was faster. */
const WRONG_LAST_SEQUENCE = 10071;

export interface NatsClaimsOptions {
  readonly connection: NatsConnection;
  /** Of the same connection: it says when that is back. */
  readonly bus: Pick<Bus, "connected" | "onReconnect">;
  readonly clock?: Clock;
}

/** Opens the bucket, and makes it where it is not there. Rejects with `unavailable`. */
export async function natsClaims(options: NatsClaimsOptions): Promise<Claims> {
  const claims = new NatsClaims(options);
  await claims.open();
  return claims;
}

const encoder = new TextEncoder();
const nameOf = (kind: string, key: string) => `${kind}.${key}`;
const codeOf = (error: unknown) => error instanceof JetStreamApiError ? error.code : undefined;

class NatsClaims implements Claims {
  readonly #connection: NatsConnection;
  readonly #bus: NatsClaimsOptions["bus"];
  readonly #clock: Clock;
  readonly #doubts = new Set<() => void>();
  readonly #ended = new AbortController();
  readonly #back: Disposable;
  #bucket: KV | undefined;
  #manager: JetStreamManager | undefined;
  /** When the bucket was made: another time means that all claims are lost. */
  #made: string | undefined;
  #opening: Promise<KV> | undefined;

  constructor({ connection, bus, clock = systemClock }: NatsClaimsOptions) {
    this.#connection = connection;
    this.#bus = bus;
    this.#clock = clock;
    this.#back = bus.onReconnect(() => void this.#reopen());
  }

  read(kind: string, key: string): Promise<Claim | undefined> {
    return this.#asked(async (bucket) => {
      const entry = await bucket.get(nameOf(kind, key));
      if (entry === null || entry.operation !== "PUT") return undefined;
      return { node: entry.string(), revision: entry.revision };
    });
  }

  async claim(kind: string, key: string, node: string, instead?: Claim): Promise<Claim> {
    let previous = instead?.revision ?? 0;
    for (;;) {
      const revision = await this.#asked(async (bucket) => {
        try {
          const value = encoder.encode(node);
          return await bucket.put(nameOf(kind, key), value, { previousSeq: previous });
        } catch (error) {
          if (codeOf(error) === WRONG_LAST_SEQUENCE) return undefined;
          throw error;
        }
      });
      if (revision !== undefined) return { node, revision };
      const present = await this.read(kind, key);
      if (present !== undefined) return present;
      previous = 0; // let go of in this moment
    }
  }

  async release(kind: string, key: string, claim: Claim): Promise<void> {
    await this.#asked(async (bucket) => {
      // Removing the message itself is a compare-and-set too, and leaves no mark behind: a bucket of
      // this server's age cannot let marks expire without letting claims expire as well.
      // The look before it: in a bucket that was lost and made anew, the number may be another's.
      const present = await bucket.get(nameOf(kind, key));
      if (present?.revision !== claim.revision || present.string() !== claim.node) return;
      await this.#manager?.streams.deleteMessage(STREAM, claim.revision, false)
        .catch((error) => {
          if (!(error instanceof JetStreamApiError)) throw error; // gone already
        });
    });
  }

  async forget(nodes: (node: string) => boolean): Promise<number> {
    const gone = await this.#asked(async (bucket) => {
      const found: number[] = [];
      for await (const entry of await bucket.history({ key: ">" })) {
        if (entry.operation === "PUT" && nodes(entry.string())) found.push(entry.revision);
      }
      return found;
    });
    for (const revision of gone) {
      await this.#manager?.streams.deleteMessage(STREAM, revision, false)
        .catch((error) => {
          if (!(error instanceof JetStreamApiError)) throw error; // taken over meanwhile
        });
    }
    return gone.length;
  }

  onDoubt(handler: () => void): void {
    this.#doubts.add(handler);
  }

  async open(): Promise<void> {
    await this.#asked(() => Promise.resolve());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#back[Symbol.dispose]();
    this.#doubts.clear();
    return Promise.resolve();
  }

  /** Asks the bucket; when it is not there, as after a loss of all data, makes it and asks again. */
  async #asked<T>(ask: (bucket: KV) => Promise<T>): Promise<T> {
    if (!this.#bus.connected) throw new Rejection("unavailable", "NATS does not answer");
    try {
      try {
        return await ask(this.#bucket ?? await this.#opened());
      } catch (error) {
        if (error instanceof JetStreamApiError) throw error;
        return await ask(await this.#opened());
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Rejection("unavailable", `Claims cannot be read or written: ${why}`);
    }
  }

  #opened(): Promise<KV> {
    return this.#opening ??= this.#openBucket().finally(() => this.#opening = undefined);
  }

  async #openBucket(): Promise<KV> {
    const asked = { timeout: PATIENCE_MS };
    this.#manager ??= await jetstreamManager(this.#connection, asked);
    this.#bucket = await new Kvm(jetstream(this.#connection, asked)).create(BUCKET, { history: 1 });
    const { created } = await this.#manager.streams.info(STREAM);
    const lost = this.#made !== undefined && this.#made !== created;
    this.#made = created;
    if (lost) this.#doubt();
    return this.#bucket;
  }

  /** Others may have claimed what is ours while we were away, or the bucket may be another. */
  async #reopen(): Promise<void> {
    const { signal } = this.#ended;
    const made = this.#made;
    while (this.#bus.connected && !signal.aborted) {
      try {
        await this.#opened();
        if (this.#made === made) this.#doubt();
        return;
      } catch {
        // JetStream is not ready yet: asked again, and whoever needs a claim meanwhile is told so
        await sleep(this.#clock, AGAIN_MS, signal);
      }
    }
  }

  #doubt(): void {
    for (const handler of [...this.#doubts]) handler();
  }
}
