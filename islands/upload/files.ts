/** Which of the files that someone drops, pastes or chooses are recordings; folders are looked into. */
import { formatLimit } from "../../domain/i18n/format.ts";
import { toast } from "../shared/toasts.tsx";
import { language, t } from "../shared/words.ts";

const AUDIO_ENDINGS =
  /\.(wav|wave|flac|aiff?|aifc|mp3|m4a|m4b|mp4|aac|ogg|oga|opus|webm|wma|mka|ac3)$/i;
/** More at once is a mistake, as of someone who drops their home folder. */
export const MOST_FILES = 500;

const isNamedAudio = ({ type, name }: File) =>
  type.startsWith("audio/") || AUDIO_ENDINGS.test(name);
/** The server looks into the file; here only what is plainly something else is left out. */
const looksLikeAudio = (file: File) => isNamedAudio(file) || file.type === "";

/** Every file below a folder, as far as they are wanted. */
async function filesBelow(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const found: File[] = [];
  const reader = folder.createReader();
  while (found.length <= MOST_FILES) {
    // a reader gives a hundred at a time, and none at its end
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (entries.length === 0) break;
    for (const entry of entries) {
      if (isFolder(entry)) found.push(...await filesBelow(entry));
      else if (isFile(entry)) {
        found.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)));
      }
    }
  }
  return found;
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

/** The recordings in a folder, by name; what else lies there is no news. */
export async function recordingsBelow(folder: FileSystemDirectoryEntry): Promise<File[]> {
  return recordingsIn(await filesBelow(folder));
}

/** The recordings among the files of a folder; says when there is none. */
export function recordingsIn(files: Iterable<File>): File[] {
  const found = [...files].filter(isNamedAudio)
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  if (found.length === 0) toast(t().upload.noFolder);
  return found;
}

/** What is worth sending; what is not is said. `maxBytes` of one file. */
export function pickRecordings(files: Iterable<File>, maxBytes: number): File[] {
  const words = t().upload;
  const all = [...files];
  const others = all.filter((file) => !looksLikeAudio(file));
  if (others.length === 1 && others[0]) toast(words.notAudio(others[0].name));
  else if (others.length > 1) toast(words.notAudios(others.length));
  const fitting = all.filter(looksLikeAudio).filter(({ name, size }) => {
    if (size <= maxBytes) return true;
    toast(words.tooLarge(name, formatLimit(maxBytes, language())));
    return false;
  });
  if (fitting.length > MOST_FILES) toast(words.tooMany(MOST_FILES));
  return fitting.slice(0, MOST_FILES);
}
