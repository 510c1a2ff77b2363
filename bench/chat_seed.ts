/** People who are signed in, and rooms that they are in: put into a node's database at once. */
import { openDatabase } from "../db/open.ts";
import { newId } from "../services/ids.ts";
import { hashSecret, newSecret } from "../services/secrets.ts";

/** Longer than any bench, in ms. */
const PASS_MS = 3_600_000;
const quiet = { info() {}, warn: console.warn, error: console.error };

export interface ChatSeed extends AsyncDisposable {
  /** Ids of the rooms. */
  readonly rooms: readonly string[];
  /** Passes that open one socket each, the people taking turns (C1). */
  passes(count: number): Promise<string[]>;
}

/** What is wanted. */
export interface SeedOrder {
  readonly people: number;
  readonly rooms: number;
  /** So many of the people are in each room, the rooms taking turns; absent: all. */
  readonly each?: number;
}

/** @param where a node runs: its data folder, with its own database, or its database's address */
export async function seedChat(
  where: string,
  { people, rooms, each = people }: SeedOrder,
): Promise<ChatSeed> {
  const place = where.startsWith("postgres:")
    ? { databaseUrl: where, dataDir: "" }
    : { databaseUrl: undefined, dataDir: where };
  const database = await openDatabase({ ...place, dbPool: 4 }, quiet, { share: true });
  const { sql } = database;
  const ids = (count: number) => Array.from({ length: count }, newId);
  const [users, sessions, roomIds] = [ids(people), ids(people), ids(rooms)];
  const owner = users[0]!;
  await sql.begin(async (tx) => {
    await tx`
      insert into users (id, email, username, display_name, password_hash)
      select id, id || '@example.com', 'u' || replace(id::text, '-', ''), 'Bench Member', 'none'
      from unnest(${users}::uuid[]) as id`;
    await tx`
      insert into sessions (id, user_id, kind, expires_at)
      select one.id, one.user_id, 'token', now() + interval '1 day'
      from unnest(${sessions}::uuid[], ${users}::uuid[]) as one (id, user_id)`;
    await tx`
      insert into rooms (id, kind, name, owner_id, member_count)
      select id, 'public', 'Bench', ${owner}, ${each} from unnest(${roomIds}::uuid[]) as id`;
    await tx`
      insert into room_members (room_id, user_id)
      select one.room_id, (${users}::uuid[])[1 + ((one.nth - 1) * ${each} + turn) % ${people}]
      from unnest(${roomIds}::uuid[]) with ordinality as one (room_id, nth),
        generate_series(0, ${each - 1}) as turn`;
  });
  let turn = 0;
  return {
    rooms: roomIds,
    async passes(count) {
      const tokens = Array.from({ length: count }, () => newSecret());
      const turns = tokens.map(() => turn++ % people);
      // a bytea[] of the driver needs its own type: hex does not
      const hashes = await Promise.all(
        tokens.map(async (token) => new Uint8Array(await hashSecret(token)).toHex()),
      );
      await sql`
        insert into chat_tickets (token_hash, user_id, session_id, expires_at)
        select decode(one.hash, 'hex'), one.user_id, one.session_id, ${new Date(
        Date.now() + PASS_MS,
      )}
        from unnest(${hashes}::text[], ${turns.map((at) => users[at]!)}::uuid[],
          ${turns.map((at) => sessions[at]!)}::uuid[]) as one (hash, user_id, session_id)`;
      return tokens;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
