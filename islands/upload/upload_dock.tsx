/** Uploads seen from elsewhere in the site, and dropping or pasting files anywhere. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { path, username } from "../shared/session.ts";
import { t } from "../shared/words.ts";
import { readDrop } from "./dropped.ts";
import { uploads } from "./state.ts";

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
const inField = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea"));

/** What acts comes late: most pages of most visits have no upload. */
async function take(transfer: DataTransfer, visit: (url: string) => void): Promise<void> {
  if (username.value === null) return visit("/login?next=/upload");
  const dropped = readDrop(transfer);
  if (path.value !== "/upload") visit("/upload");
  const { addDropped } = await import("./store.ts");
  await addDropped(dropped);
}

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
      if (!event.dataTransfer || !carriesFiles(event)) return;
      const taken = event.defaultPrevented; // a place of its own in the page
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (!taken) void take(event.dataTransfer, visit);
    };
    const paste = (event: ClipboardEvent) => {
      if (!event.clipboardData?.files.length || inField(event.target)) return;
      event.preventDefault();
      void take(event.clipboardData, visit);
    };
    addEventListener("dragenter", enter);
    addEventListener("dragleave", leave);
    addEventListener("dragover", hold);
    addEventListener("drop", drop);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("dragenter", enter);
      removeEventListener("dragleave", leave);
      removeEventListener("dragover", hold);
      removeEventListener("drop", drop);
      removeEventListener("paste", paste);
    };
  }, []);
  return over;
}

/** The list, once there is something to list. */
function useList(wanted: boolean): ComponentType | null {
  const [loaded, setLoaded] = useState<{ list: ComponentType | null }>({ list: null });
  useEffect(() => {
    if (wanted) {
      void import("./dock_list.tsx").then(({ DockList }) => setLoaded({ list: DockList }));
    }
  }, [wanted]);
  return loaded.list;
}

export function UploadDock({ visit }: { visit: (url: string) => void }) {
  const over = useDrop(visit);
  const away = uploads.value.length > 0 && path.value !== "/upload";
  const List = useList(away);
  return (
    <>
      {over && (
        <div class="drop-veil" aria-hidden="true">
          <p>{t().upload.drop}</p>
        </div>
      )}
      {away && List && <List />}
    </>
  );
}
