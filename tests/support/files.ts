/** What lies in a folder, for tests that nothing was left behind. */

/** The paths of all files below `dir`, hidden ones too, sorted; none when it is not there. */
export async function filesBelow(dir: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(dir)) {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory) found.push(...await filesBelow(path));
      else found.push(path);
    }
  } catch (error) {
    // a folder may go while it is read
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
