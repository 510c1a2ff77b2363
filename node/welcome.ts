/** What a start says last: where the node answers, where the site is, and how a new one is set up. */
import type { Config } from "../config.ts";
import type { SetupDesk } from "../services/setup.ts";
import type { OwnedLog } from "../services/log.ts";

/** Where this node itself answers, whatever visitors see: no slash at its end. */
export function ownUrl(
  { host, tlsCert }: Pick<Config, "host" | "tlsCert">,
  port: number,
): string {
  const hostname = host.includes(":") ? `[${host}]` : host;
  return new URL(`http${tlsCert ? "s" : ""}://${hostname}:${port}`).origin;
}

/** The addresses in words, a line each: one, unless the site has another than the node. */
export const addresses = (publicUrl: string, own: string): string[] =>
  new URL(publicUrl).origin === own
    ? [`Veza is at ${publicUrl}`]
    : [`This node answers at ${own}`, `Visitors find the site at ${publicUrl}`];

/**
 * The link to the first administrator, in words, or why there is none; null where the site has an
 * administrator.
 */
async function setupLine(
  setup: Pick<SetupDesk, "link">,
  others: boolean,
): Promise<string | null> {
  const link = await setup.link(others);
  if (link === null) return null;
  return link === "there"
    ? "This site has no administrator yet. The link that a node printed before still sets it up; " +
      "without it, `deno task admin create LOGIN` makes one"
    : `This site has no administrator yet. Set it up, once, at ${link.url}`;
}

/**
 * Says it all after what the log has so far. A person gets it last and set apart; a program has the
 * addresses in the log. The link goes to the terminal and never to the log: what collects logs is
 * read by more people than may run the site.
 */
export async function welcome({ log, publicUrl, own, port, setup, others }: {
  log: Pick<OwnedLog, "info" | "format" | "flush">;
  publicUrl: string;
  own: string;
  port: number;
  setup: Pick<SetupDesk, "link">;
  /** Others of the cluster run: a link that one of them has printed still counts. */
  others: boolean;
}): Promise<void> {
  const told = addresses(publicUrl, own);
  if (log.format === "json") log.info(told.join(". "), { url: publicUrl, own_url: own, port });
  await log.flush();
  const link = await setupLine(setup, others);
  if (log.format === "pretty") console.log(["", ...told, ...link ? [link] : [], ""].join("\n"));
  else if (link) console.log(link);
}
