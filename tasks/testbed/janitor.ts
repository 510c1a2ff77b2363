/** Removes a folder when this process has ended, however it did. */

/** What is left of killed servers may take a moment to end, in seconds. */
const REST = "2";

/**
 * A shell that waits on our pipe, and then removes `folder`: kill -9 gives us no chance to. Disposing
 * of it takes it back.
 */
export function janitor(folder: string): AsyncDisposable {
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      'cat >/dev/null; sleep "$1"; rm -rf -- "$0"; sleep "$1"; rm -rf -- "$0"',
      folder,
      REST,
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    detached: true, // Ctrl-C in the terminal is not for it
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await child.stdin.close().catch(() => {}); // its other end has gone
    },
  };
}
