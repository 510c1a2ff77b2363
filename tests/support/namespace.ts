/** A program in a mount namespace of its own: what it mounts, nobody else sees, and it goes with it. */

/**
 * Words before a command: they run `script`, which may mount, and then become the command. Root has
 * mount namespaces; others get one in a user namespace, and give back all that this allows before
 * the command starts. Where neither is to be had the command does not start, and says so.
 *
 * @param script shell commands; `$0` is `path`
 */
export function mounting(script: string, path: string): string[] {
  const isRoot = Deno.uid() === 0;
  const unshare = isRoot
    ? ["unshare", "--mount"]
    : ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"];
  const drop = isRoot ? "" : "setpriv --ambient-caps=-all --inh-caps=-all ";
  return [...unshare, "sh", "-c", `${script} && exec ${drop}"$@"`, path];
}

/** Hides the program at `path`, which fails then as one that the system does not allow. */
export const without = (path: string): string[] => mounting('mount --bind /bin/false "$0"', path);
