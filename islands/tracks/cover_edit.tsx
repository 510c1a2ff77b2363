/** Chooses, shows and removes a cover; without script it is two plain forms. */
import { useEffect, useRef, useState } from "preact/hooks";
import { COVER_TYPES } from "../../domain/covers.ts";
import type { Track } from "../../domain/tracks.ts";
import { Icon } from "../icons.tsx";
import { Problem, request, sayProblem } from "../shared/api.ts";
import { toast } from "../shared/toasts.tsx";
import { t } from "../shared/words.ts";
import { Waveform } from "../waveform/waveform.tsx";
import { Cover } from "./cover.tsx";

interface Props {
  readonly track: Pick<Track, "id" | "title" | "coverUrl" | "waveformUrl">;
  /** What was wrong with the picture that was sent last, without script. */
  readonly problem: string | null;
}

/** What is being sent: shown before the server has drawn it. */
type Sending = { readonly preview: string } | null;

const say = (error: unknown) => error instanceof Problem ? error.message : sayProblem("internal");

const carriesFiles = ({ dataTransfer }: DragEvent) =>
  dataTransfer?.types.includes("Files") ?? false;

export default function CoverEdit({ track: { id, title, coverUrl, waveformUrl }, problem }: Props) {
  const words = t().tools.cover;
  const [url, setUrl] = useState(coverUrl);
  const [sending, setSending] = useState<Sending>(null);
  const [trouble, setTrouble] = useState(problem);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const address = `/api/v1/tracks/${id}/cover`;
  useEffect(() => () => {
    if (sending) URL.revokeObjectURL(sending.preview);
  }, [sending]);

  const send = async (file: File | undefined) => {
    if (!file || sending) return;
    setTrouble(null);
    setSending({ preview: URL.createObjectURL(file) });
    try {
      const form = new FormData();
      form.set("file", file);
      const track = await request<Track>(address, { method: "PUT", body: form });
      setUrl(track.coverUrl);
      toast(words.saved);
    } catch (error) {
      setTrouble(say(error));
    }
    setSending(null);
    if (input.current) input.current.value = "";
  };
  const remove = async () => {
    setTrouble(null);
    try {
      await request<void>(address, { method: "DELETE" });
      setUrl(null);
      toast(words.removed);
      input.current?.focus();
    } catch (error) {
      setTrouble(say(error));
    }
  };

  return (
    <div
      class={`cover-edit${over ? " is-over" : ""}`}
      onDragEnter={(event) => carriesFiles(event) && setOver(true)}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault(); // and so the page does not take it for a recording
        setOver(false);
        void send(event.dataTransfer?.files[0]);
      }}
    >
      <div class="cover-frame" aria-busy={sending !== null}>
        {sending
          ? <img class="cover-picture" src={sending.preview} alt={words.sending} />
          : url
          ? <Cover url={url} px={240} class="cover-picture" />
          : (
            <Waveform
              url={waveformUrl}
              durationMs={null}
              positionMs={0}
              title={title}
              class="cover-wave"
            />
          )}
        <span class="cover-drop" aria-hidden="true">{words.drop}</span>
      </div>
      <div class="cover-acts">
        <form
          class="cover-form"
          method="post"
          action={`/tracks/${id}/cover`}
          encType="multipart/form-data"
          onSubmit={(event) => event.preventDefault()}
        >
          <label class="button cover-choose">
            <Icon name="picture" />
            <span class="needs-script">{url ? words.replace : words.choose}</span>
            <input
              ref={input}
              type="file"
              name="file"
              accept={COVER_TYPES.join(",")}
              aria-describedby="cover-help"
              disabled={sending !== null}
              onChange={(event) => void send(event.currentTarget.files?.[0])}
            />
          </label>
          <button type="submit" class="button without-script">{words.send}</button>
        </form>
        {url && (
          <form
            method="post"
            action={`/tracks/${id}/cover/remove`}
            onSubmit={(event) => {
              event.preventDefault();
              void remove();
            }}
          >
            <button type="submit" class="button button-quiet" disabled={sending !== null}>
              {words.remove}
            </button>
          </form>
        )}
      </div>
      <p class="quiet" id="cover-help">{!url && `${words.none} `}{words.help}</p>
      <p class="cover-state" role="status">
        {sending && <span class="quiet">{words.sending}…</span>}
        {trouble && <span class="trouble">{trouble}</span>}
      </p>
    </div>
  );
}
