/** The keys at the end of an upload's row: name it, pause or go on, cancel or put away. */
import { useRef } from "preact/hooks";
import { Icon, type IconName } from "../icons.tsx";
import { t } from "../shared/words.ts";
import { type Standing, trackOf, type Upload } from "./state.ts";
import { cancel, dismiss, pause, resume } from "./store.ts";

interface Props {
  readonly upload: Upload;
  readonly title: string;
  readonly editing?: boolean;
  /** Without it there is no room to edit. */
  readonly onEdit?: () => void;
}

interface Act {
  readonly icon: IconName;
  readonly label: string;
  readonly run: (id: number) => void;
}

/** The key that stops or starts bytes, if they can be. */
function flowAct({ kind, ...standing }: Standing, title: string): Act | null {
  const words = t().upload;
  switch (kind) {
    case "waiting":
    case "sending":
      return { icon: "pause", label: words.pauseTitle(title), run: pause };
    case "held":
      return { icon: "retry", label: words.nowTitle(title), run: resume };
    case "paused":
      return { icon: "play", label: words.resumeTitle(title), run: resume };
    case "failed":
      return "again" in standing && standing.again
        ? { icon: "retry", label: words.retryTitle(title), run: resume }
        : null;
    case "cancelled":
      return { icon: "retry", label: words.retryTitle(title), run: resume };
    case "working":
    case "done":
      return null;
    default:
      return kind satisfies never;
  }
}

const beforeArrival: ReadonlySet<Standing["kind"]> = new Set([
  "waiting",
  "sending",
  "held",
  "paused",
]);

/** The key that ends it. A row just cancelled has none: a second press should not put it away. */
function endAct(standing: Standing, title: string): Act | null {
  const words = t().upload;
  if (beforeArrival.has(standing.kind)) {
    return { icon: "close", label: words.cancelTitle(title), run: cancel };
  }
  const stays = standing.kind === "working" ||
    (standing.kind === "cancelled" && standing.left === "back");
  return stays ? null : { icon: "close", label: words.dismissTitle(title), run: dismiss };
}

export function UploadActs({ upload, title, editing = false, onEdit }: Props) {
  const row = useRef<HTMLSpanElement>(null);
  const { id, standing } = upload;
  const failed = standing.kind === "failed" || standing.kind === "cancelled";
  const canEdit = onEdit && !failed &&
    (trackOf(upload) !== null || beforeArrival.has(standing.kind));
  const acts = [flowAct(standing, title), endAct(standing, title)];
  /** The key that was pressed may be gone: focus stays in its row. */
  const act = (run: Act["run"]) => {
    run(id);
    setTimeout(() => {
      if (document.activeElement === document.body) row.current?.querySelector("button")?.focus();
    });
  };
  return (
    <span class="upload-acts" ref={row}>
      {canEdit && (
        <button
          key="edit"
          type="button"
          class="key"
          aria-expanded={editing}
          aria-label={t().upload.editTitle(title)}
          onClick={onEdit}
        >
          <Icon name="edit" />
        </button>
      )}
      {acts.map((one, index) =>
        one && (
          <button
            key={index}
            type="button"
            class="key"
            aria-label={one.label}
            onClick={() => act(one.run)}
          >
            <Icon name={one.icon} solid={one.icon === "pause" || one.icon === "play"} />
          </button>
        )
      )}
    </span>
  );
}
