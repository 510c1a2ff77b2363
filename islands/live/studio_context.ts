/** What the parts of the studio share: the stream, its chat, and what was chosen. */
import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { LiveStats, LiveView } from "../../domain/live.ts";
import { tell } from "../chat/acts.ts";
import type { RoomStart } from "../chat/start.ts";
import { Problem } from "../shared/api.ts";
import { toast } from "../shared/toasts.tsx";
import { goneIds, goSoon } from "../tracks/deletion.ts";
import { BLANK, demandLater, type Draft, draftOf } from "./draft.ts";
import { type Choices, keepChoices, kept, keptChoices } from "./kept.ts";
import { goOnAir, inputState, isBroadcasting, leaveAir, phase, useInput } from "./on_air.ts";
import {
  changeLive,
  deleteLive,
  fetchInvitations,
  fetchLive,
  fetchRoomStart,
  fetchStats,
  lowerHand,
  makeLive,
  stopLive,
} from "./rest.ts";
import type { StudioStart } from "./start.ts";
import { words } from "./words.ts";

/** Music in stereo at a rate at which Opus is hardly told from its source. */
const FIRST: Choices = {
  device: "",
  isSpeech: false,
  channels: 2,
  bitrate: 128_000,
  frameMs: 20,
};
export const BITRATES = [64_000, 96_000, 128_000, 160_000, 192_000, 256_000];

/** How often the server is asked how it goes, in ms. */
const STATS_MS = 2_000;
/** Every so many of these, who has no stream on air asks whether they are invited to one. */
const INVITATIONS_EVERY = 3;

/** Whose sound a stream has: of this tab, of a program, or of another's or one's own other tab. */
export type Sender = "here" | "program" | "elsewhere";

/** Somebody with a name. */
interface Named {
  readonly id: string;
  readonly displayName: string;
}

export function studioPage(start: StudioStart) {
  const { me, threads } = start;
  const stream = signal<LiveView | null>(start.stream);
  const room = signal<RoomStart | null>(start.room);
  const stats = signal<LiveStats | null>(start.stats);
  const choices = signal<Choices>(FIRST);
  const draft = signal<Draft>(start.stream ? draftOf(start.stream) : BLANK);
  const problem = signal<string | null>(null);
  const invitations = signal(start.invitations);
  /** A stream of somebody else is theirs to change. */
  const isOwner: ReadonlySignal<boolean> = computed(() =>
    stream.value === null || stream.value.host.id === me.id
  );

  /** From where the sound comes, or came when the line broke; null: from nowhere. */
  const sender: ReadonlySignal<Sender | null> = computed(() => {
    if (isBroadcasting.value) return "here";
    const { status, onAir = null } = stream.value ?? {};
    if (status !== "live" && status !== "reconnecting") return null;
    // the key that a program needs is the owner's alone
    const isMine = isOwner.value && (onAir === null || onAir.id === me.id);
    if (isMine && stats.value?.via === "encoder") return "program";
    return onAir === null ? null : "elsewhere";
  });

  /** Says why something was not done. */
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    problem.value = null;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = error.message;
    }
  };

  /** A new stream that is on its way: two clicks make one. */
  let making: Promise<LiveView> | null = null;
  /** The stream that is prepared, or a new one. */
  const ensure = (): Promise<LiveView> => {
    const there = stream.peek();
    if (there && there.status !== "ended") return Promise.resolve(there);
    return making ??= make().finally(() => making = null);
  };
  const make = async (): Promise<LiveView> => {
    const { title, description, ...rest } = draft.peek();
    demandLater(rest.scheduledAt);
    const made = await makeLive({
      ...rest,
      title: title.trim(),
      description: description.trim(),
    });
    const chat = await fetchRoomStart(made.roomId, me);
    batch(() => {
      stream.value = made;
      room.value = chat;
    });
    return made;
  };

  const page = {
    start,
    stream,
    room,
    stats,
    choices,
    draft,
    problem,
    invitations,
    isOwner,
    sender,
    /** May be on air. */
    maySend: computed(() => isOwner.value || stream.value?.coHostId === me.id),
    attempt,
    change: (to: Partial<Draft>) => void (draft.value = { ...draft.peek(), ...to }),
    prepare: () =>
      attempt(async () => {
        const { scheduledAt } = await ensure();
        if (scheduledAt !== null) page.say(words().studio.announced);
      }),

    /** Lets somebody take over. */
    async invite({ id, displayName }: Named): Promise<void> {
      const there = stream.peek();
      if (!there) return;
      try {
        stream.value = await changeLive(there.id, { coHostId: id });
        page.say(words().studio.invitedNow(displayName));
      } catch (error) {
        tell(error);
      }
    },

    /** Takes an invitation back; who is on air by it is so no more. */
    withdraw: () =>
      attempt(async () => {
        const there = stream.peek();
        if (!there) return;
        stream.value = await changeLive(there.id, { coHostId: null });
        page.say(words().studio.withdrawn);
      }),

    /** Lowers the hand of a listener. */
    lower: (userId: string) =>
      attempt(async () => {
        const there = stream.peek();
        if (!there) return;
        await lowerHand(there.id, userId);
        const now = stats.peek();
        if (now) stats.value = { ...now, hands: now.hands.filter(({ id }) => id !== userId) };
      }),

    /** Takes a stream away that has not begun, with time to think again. */
    callOff(): void {
      const [there, chat, typed] = [stream.peek(), room.peek(), draft.peek()];
      if (!there) return;
      const { id, title } = there;
      goSoon({ id, text: words().studio.calledOff(title), remove: () => deleteLive(id) });
      page.another();
      const stop = goneIds.subscribe((ids) => {
        if (ids.has(id)) return;
        queueMicrotask(() => stop());
        batch(() => {
          stream.value = there;
          room.value = chat;
          draft.value = typed;
        });
      });
    },

    choose(change: Partial<Choices>): void {
      choices.value = { ...choices.value, ...change };
      keepChoices(choices.value);
      const concernsInput = "device" in change || "isSpeech" in change || "channels" in change;
      const isOpen = inputState.peek() !== "closed";
      if (concernsInput && isOpen && choices.value.device !== "tab") void page.openInput();
    },
    openInput: () => useInput(choices.peek(), threads),

    goLive: () =>
      attempt(async () => {
        const { id } = await ensure();
        if (isBroadcasting.peek()) return; // a second click
        const { channels, bitrate, frameMs, isSpeech } = choices.peek();
        await goOnAir(id, { channels, bitrate, frameMs, isSpeech }, threads);
      }),

    /** Ends the stream for good. */
    end: () =>
      attempt(async () => {
        const id = stream.peek()?.id;
        if (!id) return;
        stream.value = await stopLive(id);
        leaveAir();
        stats.value = null;
      }),

    /** Makes room for another stream, which is told of anew; the sound stays as it was chosen. */
    another(): void {
      batch(() => {
        stream.value = room.value = stats.value = null;
        draft.value = BLANK;
        problem.value = null;
        phase.value = { kind: "off" };
      });
    },

    /** Sends no more; the stream goes on for a while without. */
    handBack: (): void => leaveAir(),

    /** Goes on where a page that was loaded again has left off. */
    async resume(): Promise<void> {
      const before = kept();
      if (isBroadcasting.peek() || !before || before.streamId !== stream.peek()?.id) return;
      await page.openInput();
      if (inputState.peek() !== "open") return;
      await goOnAir(before.streamId, before.encoding, threads, before.epoch);
    },

    /** Follows the stream until what it returns is called. */
    follow(): () => void {
      choices.value = { ...FIRST, ...keptChoices() };
      let looks = 0;
      const look = async () => {
        const there = stream.peek();
        const isOnAir = there?.status === "live" || there?.status === "reconnecting";
        try {
          if (!isOnAir && ++looks % INVITATIONS_EVERY === 0) {
            invitations.value = await fetchInvitations();
          }
          if (!there) return;
          if (there.status === "ended") {
            // what becomes of its recording is still to come
            if (stream.peek()?.id === there.id) stream.value = await fetchLive(there.id);
            return;
          }
          const [now, how] = await Promise.all([
            fetchLive(there.id),
            fetchStats(there.id).catch((error) => {
              // whose invitation was taken back is told no numbers any more
              if (error instanceof Problem && error.code === "forbidden") return null;
              throw error;
            }),
          ]);
          if (stream.peek()?.id !== there.id) return;
          batch(() => {
            stream.value = now;
            stats.value = how;
          });
          // somebody else may have ended it: a moderator, or this host elsewhere
          if (now.status === "ended") leaveAir();
        } catch (error) {
          if (!(error instanceof Problem)) throw error; // the next look may be luckier
        }
      };
      const timer = setInterval(() => void look(), STATS_MS);
      const told = effect(() => {
        if (phase.value.kind === "onAir") void look();
      });
      // loaded again, it shows the same stream, also one that has just ended
      const named = effect(() => {
        const id = stream.value?.id;
        history.replaceState(history.state, "", id ? `/studio?stream=${id}` : "/studio");
      });
      return () => {
        clearInterval(timer);
        told();
        named();
      };
    },

    say: (text: string) => void toast(text),
  };
  return page;
}
export type StudioPage = ReturnType<typeof studioPage>;

export const StudioContext = createContext<StudioPage | null>(null);

export function useStudio(): StudioPage {
  const page = useContext(StudioContext);
  if (!page) throw new Error("This part was drawn outside of the studio");
  return page;
}
