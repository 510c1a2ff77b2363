/** Typed publish and subscribe over a {@linkcode Bus}: an event is encoded once, for all. */

import type { Bus, Subscription } from "./bus.ts";
import { checkedKey, checkedKind } from "./names.ts";

/** One event as it arrived. */
export interface Published<Event> {
  /** As it was sent; to be written to sockets as it is, and not to be changed. */
  readonly bytes: Uint8Array;
  /** The event. It is decoded at the first look, so those who only pass bytes on pay nothing. */
  readonly event: Event;
}

/** Events about things with a key. Delivery is as {@linkcode Bus} promises it. */
export interface Topic<Event> {
  /** Tells all who subscribe to `key`, on every node. Throws `invalid` if `key` is no key. */
  publish(key: string, event: Event): void;
  /** Has `handler` called with each event about `key`. Throws `invalid` if `key` is no key. */
  subscribe(key: string, handler: (published: Published<Event>) => void): Subscription;
}

/** How an event becomes bytes and an event again. */
export interface Codec<Event> {
  readonly encode: (event: Event) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Event;
}

/**
 * Makes a topic of JSON events on subjects `name.key`. `name` is a fixed `snake_case` word.
 *
 * @example
 * ```ts
 * const counts = topic<{ count: number }>(bus, "count");
 * using _ = counts.subscribe("clicks", ({ event }) => console.log(event.count));
 * counts.publish("clicks", { count: 2 });
 * ```
 */
export function topic<Event>(bus: Bus, name: string): Topic<Event> {
  return codedTopic(bus, name, json as Codec<Event>);
}

/** Makes a topic of raw bytes, such as audio frames; its events are the bytes themselves. */
export function bytesTopic(bus: Bus, name: string): Topic<Uint8Array> {
  return codedTopic(bus, name, raw);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const json: Codec<unknown> = {
  encode: (event) => encoder.encode(JSON.stringify(event)),
  decode: (bytes) => JSON.parse(decoder.decode(bytes)),
};

const raw: Codec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };

function codedTopic<Event>(bus: Bus, name: string, codec: Codec<Event>): Topic<Event> {
  checkedKind(name);
  return {
    publish: (key, event) => bus.publish(`${name}.${checkedKey(key)}`, codec.encode(event)),
    subscribe: (key, handler) =>
      bus.subscribe(
        `${name}.${checkedKey(key)}`,
        (bytes) => handler(new Received(bytes, codec.decode)),
      ),
  };
}

class Received<Event> implements Published<Event> {
  readonly bytes: Uint8Array;
  readonly #decode: (bytes: Uint8Array) => Event;
  #event: { readonly value: Event } | undefined;

  constructor(bytes: Uint8Array, decode: (bytes: Uint8Array) => Event) {
    this.bytes = bytes;
    this.#decode = decode;
  }

  get event(): Event {
    this.#event ??= { value: this.#decode(this.bytes) };
    return this.#event.value;
  }
}
