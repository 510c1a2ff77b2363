/** How much a folder holds right now, for a limit on what a program may write (U11). */
import { missing } from "./files.ts";

/** The size of the files right in `folder` together, in bytes. */
export function folderSize(folder: string): number {
  let sum = 0;
  for (const { name } of Deno.readDirSync(folder)) {
    try {
      sum += Deno.lstatSync(`${folder}/${name}`).size;
    } catch (error) {
      if (!missing(error)) throw error; // taken away in this moment, as a finished segment is
    }
  }
  return sum;
}
