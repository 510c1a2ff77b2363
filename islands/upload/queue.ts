/** The queue of uploads: two are sent at a time, each until the server has taken or refused it. */
import { type ErrorCode, ERRORS } from "../../domain/errors.ts";
import { formatShare } from "../../domain/i18n/format.ts";
import { announce } from "../shared/announce.ts";
import { Problem, sayProblem } from "../shared/api.ts";
import { username } from "../shared/session.ts";
import { t } from "../shared/words.ts";
import { fetchTrack } from "../tracks/client.ts";
import { carry } from "./carry.ts";
import { NotNow } from "./client.ts";
import { forget, markOf, remember } from "./memory.ts";
import { pace } from "./pace.ts";
import { refreshQuota } from "./quota.ts";
import { change, find, sentOf, type Upload, uploads, type Wishes } from "./state.ts";
import { grant, work } from "./work.ts";

/** So many files are sent at once; the rest wait. Source: the connections a browser has. */
const AT_ONCE = 2;
/** A track that is there but cannot be asked for is asked for again after this time, ms. */
const ASK_AGAIN_MS = 2_000;

/** What carries each upload now; a run that is not in here has been ended. */
const runs = new Map<number, AbortController>();

/** Starts what waits, oldest first, while there is room. */
export function pump(): void {
  const waiting = uploads.value.filter(({ standing }) => standing.kind === "waiting");
  const oldest = waiting.sort((a, b) => a.id - b.id).slice(0, Math.max(0, AT_ONCE - runs.size));
  for (const upload of oldest) void send(upload);
}

async function send(upload: Upload): Promise<void> {
  const { id, file, name } = upload;
  const run = new AbortController();
  runs.set(id, run);
  const isCurrent = () => runs.get(id) === run;
  change(id, { standing: { kind: "sending", sent: sentOf(upload), pace: null } });
  const { startedSay, resumedSay } = t().upload;
  const share = formatShare(sentOf(upload), file.size);
  announce(sentOf(upload) > 0 ? resumedSay(name, share) : startedSay(name));
  try {
    const { trackId, duplicateOf } = await carry({
      file,
      id: upload.serverId,
      signal: run.signal,
      wishes: () => find(id)?.wishes ?? upload.wishes,
      begun(serverId) {
        change(id, { serverId });
        note(id);
      },
      sent(bytes) {
        if (!isCurrent()) return;
        const standing = find(id)?.standing;
        const before = standing?.kind === "sending" ? standing.pace : null;
        const now = pace(before, performance.now(), bytes);
        change(id, { standing: { kind: "sending", sent: bytes, pace: now } });
      },
      held(why) {
        if (!isCurrent()) return;
        const standing = find(id)?.standing;
        if (standing?.kind === "sending" && why === "lost") announce(t().upload.lostSay);
        change(id, {
          standing: { kind: "held", sent: standing ? sentOf({ ...upload, standing }) : 0, why },
        });
      },
    });
    if (!isCurrent() || !trackId) return;
    await arrived(id, trackId, duplicateOf, isCurrent);
  } catch (error) {
    if (!isCurrent()) return; // paused or cancelled: its row says so already
    fail(id, error);
  } finally {
    if (isCurrent()) runs.delete(id);
    pump();
  }
}

/** The server has it all and took it. */
async function arrived(
  id: number,
  trackId: string,
  duplicateOf: Upload["duplicateOf"],
  isCurrent: () => boolean,
): Promise<void> {
  const serverId = find(id)?.serverId;
  if (serverId) forget(serverId);
  refreshQuota();
  while (isCurrent()) {
    try {
      let track = await fetchTrack(trackId);
      // what is asked for while the last wish is granted is granted too
      let asked: Wishes | undefined;
      do {
        asked = find(id)?.wishes;
        if (asked) track = await grant(track, asked);
      } while (asked !== find(id)?.wishes);
      if (!isCurrent()) return;
      change(id, { duplicateOf });
      return work(id, track);
    } catch (error) {
      if (error instanceof Problem && ERRORS[error.code].retry === "no") throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

/** What lies in the file or the account: sending it again would end the same way. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "not_audio",
  "unsupported_type",
  "empty_file",
  "drm_protected",
  "corrupt",
  "infected",
  "too_large",
  "too_long",
  "unsafe_media",
]);

function fail(id: number, error: unknown): void {
  const upload = find(id);
  if (!upload) return;
  const known = error instanceof Problem ? error : null;
  const isFinal = known !== null && HOPELESS.has(known.code);
  if (isFinal && upload.serverId) forget(upload.serverId);
  // what is neither a refusal nor an outage is a defect, and is to be seen
  if (!known && !(error instanceof NotNow)) console.error(error);
  change(id, {
    // what was refused is a file and will be no recording: it is told by its whole name
    ...(isFinal && { serverId: null, name: upload.file.name }),
    standing: {
      kind: "failed",
      message: known?.message ?? sayProblem("internal"),
      track: null,
      again: !isFinal,
      sent: isFinal ? 0 : sentOf(upload),
    },
  });
  announce(t().upload.failedSay(find(id)?.name ?? upload.name));
}

/** Keeps in the browser what an upload needs to go on after it was closed. */
export function note(id: number): void {
  const upload = find(id);
  if (!upload?.serverId) return;
  const mark = markOf(upload.file, username.value ?? "");
  remember({ id: upload.serverId, mark, at: Date.now(), ...upload.wishes });
}

/** Ends sending; what was sent stays. */
export function stopRun(id: number): void {
  const run = runs.get(id);
  runs.delete(id);
  run?.abort();
}
