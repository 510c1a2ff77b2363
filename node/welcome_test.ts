/** Tests of what a start says last. */
import { deepEqual, equal } from "node:assert/strict";
import { addresses, ownUrl, welcome } from "./welcome.ts";

Deno.test("[O1] a node says where it answers itself, also where the site has another address", () => {
  const at = { host: "127.0.0.1", tlsCert: undefined };
  const own = ownUrl(at, 8082);
  equal(own, "http://127.0.0.1:8082");
  equal(ownUrl({ host: "::1", tlsCert: "cert.pem" }, 443), "https://[::1]");
  deepEqual(addresses(own, own), ["Veza is at http://127.0.0.1:8082"]);
  deepEqual(addresses("http://127.0.0.1:8081", own), [
    "This node answers at http://127.0.0.1:8082",
    "Visitors find the site at http://127.0.0.1:8081",
  ]);
});

/** What is logged (`log: …`), flushed and printed, in order. */
async function said(format: "pretty" | "json", link: Parameters<typeof welcome>[0]["setup"]) {
  const told: string[] = [];
  const { log } = console;
  console.log = (line: string) => told.push(line);
  try {
    await welcome({
      log: {
        format,
        info: (message) => void told.push(`log: ${message}`),
        flush: () => Promise.resolve(void told.push("flushed")),
      },
      ...{ publicUrl: "http://a.example", own: "http://a.example", port: 80, setup: link },
      others: false,
    });
  } finally {
    console.log = log;
  }
  return told;
}

Deno.test("[O1] a person gets address and setup link after the log and set apart; programs the log's", async () => {
  const link = { url: "http://a.example/setup?token=x" };
  const setup = { link: () => Promise.resolve(link) };
  const words = `This site has no administrator yet. Set it up, once, at ${link.url}`;
  deepEqual(await said("pretty", setup), ["flushed", `\nVeza is at http://a.example\n${words}\n`]);
  deepEqual(await said("json", setup), ["log: Veza is at http://a.example", "flushed", words]);
  const done = { link: () => Promise.resolve(null) };
  deepEqual(await said("json", done), ["log: Veza is at http://a.example", "flushed"]);
});
