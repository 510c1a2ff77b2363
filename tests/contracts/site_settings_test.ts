/** The settings of a site over a real database, as two nodes have them (S4). */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { siteSettingsStore, type StoredLogo } from "../../db/site_settings.ts";
import type { RegistrationMode } from "../../domain/site_settings.ts";
import { siteSettings } from "../../services/site_settings.ts";
import { testDatabase } from "../support/database.ts";

/** A node's settings, with a clock that the test moves. */
function nodeOf(
  sql: Parameters<typeof siteSettingsStore>[0],
  clock: () => number,
  fixed: RegistrationMode | null = null,
) {
  const rows = siteSettingsStore(sql);
  return siteSettings<StoredLogo>({ rows, fixed, fallback: "approval", clock });
}

Deno.test("[S4] a change is seen at once where it was made, and elsewhere within five seconds", async () => {
  await using database = await testDatabase();
  let now = 0;
  const clock = () => now;
  const [one, other] = [nodeOf(database.sql, clock), nodeOf(database.connect(1), clock)];
  await Promise.all([one.refresh(), other.refresh()]);
  deepEqual([one.now().name, one.now().registration], ["Veza", "approval"]);

  const changed = await one.change({ name: "Night Quay", registration: "open" });
  equal(changed.name, "Night Quay");
  equal(one.now().registration, "open");
  for (now = 0; now < 5_000 && other.now().name !== "Night Quay"; now += 250) {
    await other.refresh();
  }
  equal(other.now().name, "Night Quay");
  equal(other.now().rules, "", "what the change did not name stays");
});

Deno.test("[S4] what was read before a change and comes after it does not undo it", async () => {
  const held = Promise.withResolvers<void>();
  const stored = { name: "old", rules: "", legal: "", registration: null, logoVersion: null };
  let reads = 0;
  let name = "old";
  const rows = {
    async read() {
      const found = { ...stored, name };
      if (++reads === 1) await held.promise;
      return found;
    },
    change: (patch: { name?: string | undefined }) =>
      Promise.resolve(void (name = patch.name ?? name)),
    setLogo: () => Promise.resolve(),
  };
  const node = siteSettings({ rows, fixed: null, fallback: "open", clock: () => 0 });
  const slow = node.refresh();
  await node.change({ name: "new" });
  held.resolve();
  await slow;
  equal(node.now().name, "new");
});

Deno.test("[S4] while the database is away one request in two seconds waits for the settings", async () => {
  let [now, reads] = [0, 0];
  const rows = {
    read: () => Promise.reject(new Error(`away, ${++reads}`)),
    change: () => Promise.resolve(),
    setLogo: () => Promise.resolve(),
  };
  const node = siteSettings({ rows, fixed: null, fallback: "open", clock: () => now });
  await rejects(node.refresh(), /away, 1/);
  await node.refresh();
  equal(reads, 1, "another was held up");
  now = 2_000;
  await rejects(node.refresh(), /away, 2/);
});

Deno.test("[S4] the environment's REGISTRATION wins, and is told; without any the address decides", async () => {
  await using database = await testDatabase();
  const [free, fixed] = [
    nodeOf(database.sql, () => 0),
    nodeOf(database.sql, () => 0, "closed"),
  ];
  await fixed.change({ registration: "open" });
  deepEqual([fixed.now().registration, fixed.now().registrationFixed], ["closed", true]);
  await free.refresh();
  deepEqual([free.now().registration, free.now().registrationFixed], ["open", false]);
});

Deno.test("[S4] while the database is away the last known settings hold", async () => {
  let away = false;
  let now = 0;
  const stored = { name: "Quay", rules: "", legal: "", registration: null, logoVersion: null };
  const rows = {
    read: () => away ? Promise.reject(new Error("away")) : Promise.resolve(stored),
    change: () => Promise.resolve(),
    setLogo: () => Promise.resolve(),
  };
  const node = siteSettings({ rows, fixed: null, fallback: "open", clock: () => now });
  await node.refresh();
  away = true;
  now = 10_000;
  await rejects(node.refresh(), /away/);
  equal(node.now().name, "Quay");
  away = false;
  await node.refresh();
});

Deno.test("[S4] a logo replaces the one before in all its sizes", async () => {
  await using database = await testDatabase();
  const node = nodeOf(database.sql, () => 0);
  const picture = (letter: string) => new TextEncoder().encode(letter);
  const logo = (version: string): StoredLogo => ({
    version,
    pictures: { small: picture(version), medium: picture(version), large: picture(version) },
  });
  await Promise.all(["a", "b", "c", "d"].map((version) => node.setLogo(logo(version))));
  const rows = await database.sql<{ version: string; bytes: Uint8Array }[]>`
    select version, bytes from site_logos`;
  equal(rows.length, 3);
  equal(
    new Set(rows.flatMap(({ version, bytes }) => [version, new TextDecoder().decode(bytes)])).size,
    1,
  );
  await node.setLogo(null);
  equal(node.now().logoUrl, null);
});
