/** The versions of a track: sent, listened to, made the one that is heard, deleted. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatBytes, formatDate, formatTime } from "../../domain/i18n/format.ts";
import type { Page } from "../../domain/pages.ts";
import type { TrackVersion } from "../../domain/tracks.ts";
import { Icon } from "../icons.tsx";
import { Problem, request, sayProblem, toProblem } from "../shared/api.ts";
import { toast } from "../shared/toasts.tsx";
import { language, t } from "../shared/words.ts";
import { deleteVersion } from "./client.ts";
import { deleteVersionSoon, goneIds } from "./deletion.ts";

interface Props {
  readonly trackId: string;
  readonly versions: readonly TrackVersion[];
  /** The server's clock, so that both draw the same words. */
  readonly now: number;
  /** What was wrong with the file that was sent last, without script. */
  readonly problem: string | null;
}

/** How often the list is asked for while a version is being prepared, in ms. */
const ASK_MS = 1_000;

const say = (error: unknown) => error instanceof Problem ? error.message : sayProblem("internal");
const isOpen = ({ status }: TrackVersion) => status !== "ready" && status !== "failed";

/** Sends a file as a form; fetch does not tell how far it is. */
function sendFile(
  address: string,
  file: File,
  told: (percent: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", address);
    sending.upload.onprogress = ({ loaded, total }) => told(Math.floor(loaded / total * 100));
    sending.onload = () =>
      sending.status === 202 ? resolve() : reject(toProblem(sending.responseText));
    sending.onerror = () => reject(new Problem("unavailable", t().upload.brokeOff));
    const form = new FormData();
    form.set("file", file);
    sending.send(form);
  });
}

function Version({ version, now, base, act }: {
  version: TrackVersion;
  now: number;
  /** Of the forms without script. */
  base: string;
  act: (version: TrackVersion, what: "current" | "remove") => void;
}) {
  const words = t().tools.versions;
  const { id, filename, status, current, source, durationMs, percent, failure } = version;
  const facts = [
    formatDate(version.createdAt, now, language()),
    durationMs !== null && formatTime(durationMs),
    source && formatBytes(source.bytes, language()),
  ].filter(Boolean).join(" · ");
  const form = (what: "current" | "remove", label: string, title: string) => (
    <form
      method="post"
      action={`${base}/${id}/${what}`}
      onSubmit={(event) => {
        event.preventDefault();
        act(version, what);
      }}
    >
      <button type="submit" class="link" aria-label={title}>{label}</button>
    </form>
  );
  return (
    <li class={`version${current ? " is-current" : ""}`} data-status={status}>
      <p class="version-name">{filename}</p>
      <p class="quiet">{facts}</p>
      {isOpen(version) && <progress max="100" value={percent} aria-label={t().status[status]} />}
      {failure && <p class="trouble">{sayProblem(failure.code, failure.detail)}</p>}
      <div class="version-acts">
        {current
          ? <span class="tag tag-on">{words.current}</span>
          : status === "ready"
          ? form("current", words.makeCurrent, words.makeCurrentOf(filename))
          : !failure && <span class="tag">{t().status[status]}</span>}
        {!current && form("remove", words.remove, words.removeOf(filename))}
      </div>
    </li>
  );
}

export default function Versions({ trackId, versions: given, now, problem }: Props) {
  const words = t().tools.versions;
  const [versions, setVersions] = useState(given);
  const [state, setState] = useState<string | null>(null);
  const [trouble, setTrouble] = useState(problem);
  const input = useRef<HTMLInputElement>(null);
  const address = `/api/v1/tracks/${trackId}/versions`;
  const base = `/tracks/${trackId}/versions`;
  const look = async () => setVersions((await request<Page<TrackVersion>>(address)).items);
  const waits = versions.some(isOpen);
  useEffect(() => {
    if (!waits) return;
    // the list itself is asked for: the track's events tell of one version only
    const timer = setInterval(() => void look().catch(() => {}), ASK_MS); // the next may do better
    return () => clearInterval(timer);
  }, [waits]);

  const send = async (file: File | undefined) => {
    if (!file || state !== null) return;
    setTrouble(null);
    setState(words.sending(0));
    try {
      await sendFile(address, file, (percent) => setState(words.sending(percent)));
      toast(words.started);
      await look();
    } catch (error) {
      setTrouble(say(error));
    }
    setState(null);
    if (input.current) input.current.value = "";
  };
  const act = async (version: TrackVersion, what: "current" | "remove") => {
    const { id } = version;
    setTrouble(null);
    if (what === "remove" && !isOpen(version)) {
      deleteVersionSoon(trackId, version);
      return input.current?.focus(); // the button that had it is gone
    }
    try {
      if (what === "current") await request(`${address}/${id}/current`, { method: "POST" });
      // one still being prepared goes at once: in ten seconds it could be what everyone hears
      else await deleteVersion(trackId, id);
      toast(what === "current" ? words.switched : words.removed);
      await look();
    } catch (error) {
      setTrouble(say(error));
    }
  };
  return (
    <div class="versions">
      <p class="quiet">{words.lead}</p>
      <form
        method="post"
        action={base}
        encType="multipart/form-data"
        onSubmit={(event) => event.preventDefault()}
      >
        <label class="button cover-choose">
          <Icon name="upload" />
          <span class="needs-script">{words.add}</span>
          <input
            ref={input}
            type="file"
            name="file"
            accept="audio/*"
            disabled={state !== null}
            onChange={(event) => void send(event.currentTarget.files?.[0])}
          />
        </label>
        <button type="submit" class="button without-script">{words.add}</button>
      </form>
      <p class="cover-state" role="status">
        {state && <span class="quiet">{state}</span>}
        {trouble && <span class="trouble">{trouble}</span>}
      </p>
      <ol class="version-list">
        {versions.filter(({ id }) => !goneIds.value.has(id)).map((version) => (
          <Version
            key={version.id}
            version={version}
            now={now}
            base={base}
            act={(one, what) => void act(one, what)}
          />
        ))}
      </ol>
    </div>
  );
}
