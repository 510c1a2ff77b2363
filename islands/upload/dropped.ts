/** Reads a drop or a paste while its event lasts: a moment later the browser has forgotten it. */

/** Files, and folders that are still to be looked into. */
export interface Dropped {
  readonly files: readonly File[];
  readonly folders: readonly FileSystemDirectoryEntry[];
}

const folderOf = (item: DataTransferItem): FileSystemDirectoryEntry | null => {
  const entry = item.webkitGetAsEntry();
  return entry?.isDirectory ? entry as FileSystemDirectoryEntry : null;
};

/** What `transfer` carries; to be called at once. */
export function readDrop(transfer: DataTransfer): Dropped {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const read = items.map((item) => ({ folder: folderOf(item), file: item.getAsFile() }));
  return {
    folders: read.flatMap(({ folder }) => folder ?? []),
    files: read.flatMap(({ folder, file }) => folder ? [] : file ?? []),
  };
}
