/** Makes the demo's administrator by `deno task admin`: the interface of a site makes none. */
import { ask } from "../../tests/support/client.ts";
import { NODE_COMMAND, ROOT } from "../../tests/support/node.ts";

export async function makeAdmin(
  { url, dataDir, password, blank }: {
    url: string;
    dataDir: string;
    password: string;
    /** Every setting as empty, so that neither the environment nor `.env` leads elsewhere. */
    blank: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const login = "admin";
  const there = await ask(url, "/api/v1/auth/login", { json: { login, password } });
  if (there.status === 200) return;
  const child = new Deno.Command(Deno.execPath(), {
    args: [...NODE_COMMAND, "tasks/admin.ts", "create", login, "--password-stdin"],
    cwd: ROOT,
    env: { ...blank, DATA_DIR: dataDir },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${password}\n`));
  await writer.close();
  const { success, stderr } = await child.output();
  if (!success) throw new Error(`No administrator: ${new TextDecoder().decode(stderr)}`);
}
