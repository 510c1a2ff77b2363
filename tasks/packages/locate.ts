/**
 * Prints the folder of an npm package, fetching it first: `locate.ts npm:NAME@VERSION`, or with
 * `/package.json` behind it for a package without a module.
 */
const specifier = Deno.args[0] ?? "";
// not always the package.json: a package need not export it
await (specifier.endsWith(".json")
  ? import(specifier, { with: { type: "json" } })
  : import(specifier));
let folder = new URL(".", import.meta.resolve(specifier));
while (!await Deno.stat(new URL("package.json", folder)).then(() => true, () => false)) {
  if (folder.pathname === "/") throw new Error(`${specifier} has no package.json above it`);
  folder = new URL("..", folder);
}
console.log(decodeURIComponent(folder.pathname));
