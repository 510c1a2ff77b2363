/** Making the data of the embedded PostgreSQL, and finding how to run it as someone not root. */

/** The superuser of a new cluster; it is reached through the private socket only. */
export const SUPERUSER = "postgres";
/** Of the user `nobody`, which every Linux knows: initdb wants a user that has a name. */
const NOBODY = 65534;

/** Runs a command to its end; undefined when it cannot be started here. */
export type Run = (
  command: string[],
) => Promise<{ ok: boolean; stdout: string; stderr: string } | undefined>;

/** Turns "there is no such file" into nothing; all else is thrown on. */
export function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/**
 * The words to put before a command so that it runs as the owner of `folder`, who is never root
 * (PostgreSQL refuses), and is told to end when we do. The best comes first.
 */
export async function wrappers(run: Run, folder: string, binDir: string): Promise<string[][]> {
  if (!(await run(["setpriv", "--pdeathsig", "INT", "true"]))?.ok) {
    // not Linux: a small shell that waits on our pipe and then stops the server
    return [[`${binDir}/hold`]];
  }
  const { uid, gid } = await Deno.stat(folder);
  const follow = ["setpriv", "--pdeathsig", "INT"];
  const map = ["unshare", "-U", `--map-user=${NOBODY}`];
  if (Deno.uid() !== 0) return [follow, [...map, ...follow]];
  // in a user namespace root's files stay root's, and no parent folder needs opening to others
  if (uid === 0) return [[...map, ...follow]];
  const become = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  return [[...become, "--pdeathsig", "INT"], [...become, ...map, ...follow]];
}

/**
 * Makes a cluster in `folder`, in one step: it is there whole or not at all.
 *
 * @throws {Error} with what initdb said in every way that was tried.
 */
export async function initialise(run: Run, folder: string, binDir: string): Promise<void> {
  const fresh = `${folder}.new`;
  const version = await run([`${binDir}/bin/postgres`, "--version"]);
  const major = Number(/(\d+)/.exec(version?.stdout ?? "")?.[1] ?? 0);
  // from 17 on there is a Unicode collation that no update of the system changes
  const builtin = ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const locales = [...(major >= 17 ? [builtin] : []), ["--locale=C.UTF-8"], ["--locale=C"]];
  const failures = new Set<string>();
  for (const owner of Deno.uid() === 0 ? [undefined, NOBODY] : [undefined]) {
    for (const locale of locales) {
      await Deno.remove(fresh, { recursive: true }).catch(ignoreMissing);
      await Deno.mkdir(fresh, { mode: 0o700 });
      if (owner !== undefined) await Deno.chown(fresh, owner, owner);
      for (const wrapper of await wrappers(run, fresh, binDir)) {
        const result = await run([
          ...wrapper,
          `${binDir}/bin/initdb`,
          `--pgdata=${fresh}`,
          `--username=${SUPERUSER}`,
          ...["--auth=trust", "--encoding=UTF8", "--data-checksums", "--no-instructions"],
          ...locale,
        ]);
        if (result?.ok) return await Deno.rename(fresh, folder);
        failures.add(result?.stderr || `${wrapper[0]} cannot be run`);
      }
    }
  }
  throw new Error(`initdb failed in ${JSON.stringify(fresh)}: ${[...failures].join("; ")}`);
}
