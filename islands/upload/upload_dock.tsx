/** Uploads seen from elsewhere in the site, and dropping files anywhere. */
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { path, username } from "../shared/session.ts";
import { t } from "../shared/words.ts";
import { addFiles, running, uploads } from "./store.ts";
import { UploadRow } from "./upload_row.tsx";

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;

/** Whether files hang over the page; drops go to the uploads, or to sign-in for a guest. */
function useDrop(visit: (url: string) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth++;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const hold = (event: DragEvent) => {
      if (carriesFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (username.value === null) return visit("/login?next=/upload");
      addFiles(event.dataTransfer?.files ?? []);
      if (path.value !== "/upload") visit("/upload");
    };
    addEventListener("dragenter", enter);
    addEventListener("dragleave", leave);
    addEventListener("dragover", hold);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragenter", enter);
      removeEventListener("dragleave", leave);
      removeEventListener("dragover", hold);
      removeEventListener("drop", drop);
    };
  }, []);
  return over;
}

export function UploadDock({ visit }: { visit: (url: string) => void }) {
  const over = useDrop(visit);
  const [open, setOpen] = useState(false);
  const words = t().upload;
  const rows = uploads.value;
  const say = running.value > 0 ? words.running(running.value) : words.finished(rows.length);
  return (
    <>
      {over && (
        <div class="drop-veil" aria-hidden="true">
          <p>{words.drop}</p>
        </div>
      )}
      {rows.length > 0 && path.value !== "/upload" && (
        <aside class="dock" aria-label={words.list}>
          <button
            type="button"
            class="dock-head"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <Icon name="upload" />
            <span>{say}</span>
            <Icon name="down" />
          </button>
          {open && (
            <ol class="uploads">
              {rows.map((upload) => <UploadRow key={upload.id} upload={upload} compact />)}
            </ol>
          )}
        </aside>
      )}
    </>
  );
}
