/** Which nodes are in the cluster: each says by a beat that it lives, and all listen. */
import { isRejection } from "../../domain/errors.ts";
import type { Bus, Subscription } from "./bus.ts";
import type { Clock } from "./clock.ts";

/** How often a node says that it lives, in ms. */
export const BEAT_MS = 500;
/** One that has missed a beat is asked whether it is there, in ms. */
const MISSED_MS = 750;
/** A node that has not been heard for so long counts as gone (A12), in ms. */
export const SILENT_MS = 6_000;
/** One that has no connection for so long is gone too: it was killed, and its socket closed. In ms. */
export const DISCONNECTED_MS = 1_000;
/** A process that stood still for so long cannot know what happened meanwhile, in ms. */
export const STALL_MS = 3_000;
/** How long a node may take to say that it is there, in ms. */
const ASKED_MS = 1_000;

/** A node of the cluster. */
export interface Member {
  /** Of one process: a node that starts again is another member with the same name. */
  readonly id: string;
  readonly name: string;
  /** It ends, or cannot work, and takes no new actors. */
  readonly draining: boolean;
}

/** What the nodes know of each other; beats go over the bus. */
export interface Members extends Disposable {
  /** This node's own. */
  readonly id: string;
  /** Those that live, this node first. */
  list(): readonly Member[];
  /**
   * Whether a node is gone, so that its actors may be taken over: it has said so, it has not been
   * heard for {@linkcode SILENT_MS}, or it is not connected. Never true while we cannot hear anybody.
   */
  isGone(id: string): Promise<boolean>;
  /** Tells all whether this node takes no new actors. */
  drain(draining: boolean): void;
  /** Whether this process stands, or has just stood, still: what it knows may be old. */
  readonly stalled: boolean;
  /** Has `handler` told who came, who left, and who is gone without a word. */
  onChange(handler: (change: Change, member: Member) => void): void;
  /** Has `handler` called after this process stood still for {@linkcode STALL_MS}. */
  onStall(handler: () => void): void;
}

/** What may happen to another node. */
export type Change = "joined" | "left" | "lost";

interface Beat extends Member {
  readonly left?: true;
}

const BEATS = "node.beat";
const EMPTY = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Joins as `id`, a word that may be part of a subject. */
export function joinMembers(
  { bus, clock, id, name = id }: { bus: Bus; clock: Clock; id: string; name?: string },
): Members {
  const others = new Map<string, { member: Member; heardAt: number }>();
  /** Since when a node's own subject has had no listener. */
  const missing = new Map<string, number>();
  const changes = new Set<Parameters<Members["onChange"]>[0]>();
  const stalls = new Set<() => void>();
  /** Since when we would have heard whoever speaks. */
  let listeningSince = clock.now();
  let tickedAt = listeningSince;
  let draining = false;
  let cancel: () => void;

  const say = (beat: Partial<Beat> = {}) =>
    bus.publish(BEATS, encoder.encode(JSON.stringify({ id, name, draining, ...beat })));
  const tell = (change: Change, member: Member) => {
    for (const handler of changes) handler(change, member);
  };
  const forget = (id: string, change: "left" | "lost") => {
    const known = others.get(id);
    if (known === undefined) return;
    others.delete(id);
    tell(change, known.member);
  };
  const hear = (data: Uint8Array) => {
    const { left, ...member } = JSON.parse(decoder.decode(data)) as Beat;
    if (member.id === id) return;
    missing.delete(member.id);
    if (left) {
      missing.set(member.id, -Infinity);
      return forget(member.id, "left");
    }
    const isNew = !others.has(member.id);
    others.set(member.id, { member, heardAt: clock.now() });
    if (!isNew) return;
    say(); // so that who joins need not wait to know us
    tell("joined", member);
  };
  const silent = (heardAt: number, ms: number) =>
    bus.connected && clock.now() - Math.max(heardAt, listeningSince) >= ms;

  const isGone = async (other: string): Promise<boolean> => {
    if (other === id || !bus.connected) return false;
    if (silent(others.get(other)?.heardAt ?? 0, SILENT_MS)) return true;
    try {
      await bus.request(`node.${other}`, EMPTY, { deadlineMs: ASKED_MS });
      missing.delete(other);
      return false;
    } catch (error) {
      // one that is frozen stays connected: that it says nothing proves nothing yet
      if (!isRejection(error, "unavailable") || !bus.connected) return false;
      const since = missing.get(other) ?? clock.now();
      missing.set(other, since);
      if (clock.now() - since < DISCONNECTED_MS) return false;
      forget(other, "lost");
      return true;
    }
  };

  const tick = () => {
    const now = clock.now();
    const stoodStill = now - tickedAt > STALL_MS;
    if (stoodStill) listeningSince = now; // what was said meanwhile is yet to be read
    tickedAt = now;
    cancel = clock.timer(BEAT_MS, tick);
    say();
    for (const [id, { heardAt }] of others) {
      if (silent(heardAt, SILENT_MS)) forget(id, "lost");
      else if (silent(heardAt, MISSED_MS)) void isGone(id);
    }
    if (missing.size > MOST_MISSING) missing.clear();
    if (stoodStill) { for (const handler of stalls) handler(); }
  };
  const open: Subscription[] = [
    bus.subscribe(BEATS, hear),
    bus.serve(`node.${id}`, () => EMPTY),
    bus.onReconnect(() => {
      listeningSince = clock.now();
      missing.clear();
      say();
    }),
  ];
  cancel = clock.timer(BEAT_MS, tick);
  say();

  return {
    id,
    list: () => [{ id, name, draining }, ...Array.from(others.values(), ({ member }) => member)],
    isGone,
    drain(now) {
      if (draining === now) return;
      draining = now;
      say();
    },
    get stalled() {
      return clock.now() - tickedAt > STALL_MS;
    },
    onChange: (handler) => void changes.add(handler),
    onStall: (handler) => void stalls.add(handler),
    [Symbol.dispose]() {
      cancel();
      say({ left: true });
      for (const one of open) one.close();
      changes.clear();
      stalls.clear();
    },
  };
}

/** Ids of nodes that were asked for and are gone are kept up to so many. */
const MOST_MISSING = 1_000;
