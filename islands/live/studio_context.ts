/** What the parts of the studio share: the stream, its chat, and what was chosen. */
import { batch, effect, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { LiveStats, LiveView } from "../../domain/live.ts";
import type { RoomStart } from "../chat/start.ts";
import { Problem } from "../shared/api.ts";
import { toast } from "../shared/toasts.tsx";
import { type Choices, keepChoices, kept, keptChoices } from "./kept.ts";
import { goOnAir, inputState, isBroadcasting, leaveAir, phase, useInput } from "./on_air.ts";
import { fetchLive, fetchRoomStart, fetchStats, makeLive, stopLive } from "./rest.ts";
import type { StudioStart } from "./start.ts";

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

/** What is typed and ticked before there is a stream. */
export interface Draft {
  readonly title: string;
  readonly record: boolean;
  readonly visibility: LiveView["visibility"];
}

export function studioPage(start: StudioStart) {
  const { me, threads } = start;
  const stream = signal<LiveView | null>(start.stream);
  const room = signal<RoomStart | null>(start.room);
  const stats = signal<LiveStats | null>(null);
  const choices = signal<Choices>(FIRST);
  const draft = signal<Draft>({
    title: start.stream?.title ?? "",
    record: start.stream?.record ?? true,
    visibility: start.stream?.visibility ?? "public",
  });
  const problem = signal<string | null>(null);
  /** The stream was ended from here. */
  const isOver = signal(false);

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

  /** The stream that is prepared, or a new one. */
  const ensure = async (): Promise<LiveView> => {
    const there = stream.peek();
    if (there && there.status !== "ended") return there;
    const { title, record, visibility } = draft.peek();
    const made = await makeLive({ title: title.trim(), record, visibility });
    const chat = await fetchRoomStart(made.roomId, me);
    batch(() => {
      stream.value = made;
      room.value = chat;
      isOver.value = false;
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
    isOver,
    attempt,
    prepare: () => attempt(async () => void await ensure()),

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
        isOver.value = true;
        stats.value = null;
      }),

    /** Makes room for another stream. */
    another(): void {
      batch(() => {
        stream.value = room.value = null;
        isOver.value = false;
        phase.value = { kind: "off" };
      });
    },

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
      const look = async () => {
        const there = stream.peek();
        if (!there || there.status === "ended") return;
        try {
          const [now, how] = await Promise.all([fetchLive(there.id), fetchStats(there.id)]);
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
      return () => {
        clearInterval(timer);
        told();
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
