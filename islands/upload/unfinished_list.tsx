/** Uploads that were begun earlier: what has arrived, and how to go on. */
import { useRef } from "preact/hooks";
import { formatBytes, formatShare } from "../../domain/i18n/format.ts";
import { Icon } from "../icons.tsx";
import { language, t } from "../shared/words.ts";
import { discard, goOn, type Unfinished, unfinished } from "./unfinished.ts";

const clock = (iso: string) =>
  new Intl.DateTimeFormat(language() === "en" ? "en-GB" : language(), {
    weekday: "long",
    hour: "numeric",
    minute: "2-digit",
  }).format(Date.parse(iso));

function UnfinishedRow({ one }: { one: Unfinished }) {
  const input = useRef<HTMLInputElement>(null);
  const words = t().upload;
  const share = formatShare(one.offset, one.length);
  return (
    <li class="upload upload-begun">
      <span class="upload-slot" aria-hidden="true">
        <Icon name="wave" />
      </span>
      <div class="upload-words">
        <span class="upload-title">{one.filename}</span>
        <span class="upload-say">
          <span>{words.begunThere(share, formatBytes(one.length, language()))}</span>
          {one.expiresAt && <span>{words.begunUntil(clock(one.expiresAt))}</span>}
        </span>
      </div>
      <div class="upload-wave">
        <progress
          class="bytes"
          max={one.length || 1}
          value={one.offset}
          aria-label={one.filename}
        />
      </div>
      {one.mark !== null && (
        <>
          <input
            ref={input}
            class="visually-hidden"
            type="file"
            tabIndex={-1}
            aria-label={words.chooseAgain(one.filename)}
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              event.currentTarget.value = "";
              if (file) goOn(one, file);
            }}
          />
          <button type="button" class="button" onClick={() => input.current?.click()}>
            {words.chooseAgain(one.filename)}
          </button>
        </>
      )}
      <span class="upload-acts">
        <button
          type="button"
          class="key"
          aria-label={words.discardTitle(one.filename)}
          onClick={() => discard(one)}
        >
          <Icon name="remove" />
        </button>
      </span>
    </li>
  );
}

interface SectionProps {
  readonly id: string;
  readonly title: string;
  /** How these go on. */
  readonly text: string;
  readonly rows: readonly Unfinished[];
}

function Section({ id, title, text, rows }: SectionProps) {
  if (rows.length === 0) return null;
  return (
    <section class="desk-list" aria-labelledby={id}>
      <h2 class="section-title" id={id}>{title}</h2>
      <p class="quiet desk-note">{text}</p>
      <ol class="uploads">
        {rows.map((one) => <UnfinishedRow key={one.id} one={one} />)}
      </ol>
    </section>
  );
}

/** Those of this browser apart from others': only it knows which file they were begun with. */
export function UnfinishedList() {
  const words = t().upload;
  const rows = unfinished.value;
  return (
    <>
      <Section
        id="begun-title"
        title={words.begun}
        text={words.begunText}
        rows={rows.filter(({ mark }) => mark !== null)}
      />
      <Section
        id="elsewhere-title"
        title={words.begunElsewhere}
        text={words.begunElsewhereText}
        rows={rows.filter(({ mark }) => mark === null)}
      />
    </>
  );
}
