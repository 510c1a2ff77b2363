/** Has the demo's people talk in its rooms, through the sockets that their pages would use. */
import { ask } from "../../tests/support/client.ts";
import { message, type Probe, probeAs, type Said } from "../../tests/support/sockets.ts";
import type { DemoRoom } from "./rooms.ts";

/** Somebody who is signed in. */
interface Speaker {
  readonly username: string;
  readonly token: string;
}

/** Makes the rooms that are not there, and says in them what is to be said. */
export async function talk(
  { url, speakers, rooms, say }: {
    url: string;
    speakers: readonly Speaker[];
    rooms: readonly DemoRoom[];
    say: (line: string) => void;
  },
): Promise<void> {
  const byName = new Map(speakers.map((speaker) => [speaker.username, speaker]));
  const there = await ask<{ items: { name: string }[] }>(url, "/api/v1/rooms?limit=100");
  const known = new Set(there.body.items.map(({ name }) => name));
  const sockets = new Map<string, Probe>();
  try {
    for (const { name, topic, lines } of rooms) {
      // with fewer people some lines have nobody to say them
      const spoken = lines.filter(({ by }) => byName.has(by));
      const maker = spoken[0] && byName.get(spoken[0].by);
      if (known.has(name) || !maker) continue;
      const json = { kind: "public", name, topic };
      const made = await ask<Said>(url, "/api/v1/rooms", { token: maker.token, json });
      if (made.status !== 201) throw new Error(`The room "${name}" was not made: ${made.status}`);
      await converse(made.body.id, spoken, lines);
      say(`${spoken.length} lines were said in "${name}"`);
    }
  } finally {
    for (const socket of sockets.values()) socket[Symbol.dispose]();
  }

  async function socketOf(username: string): Promise<Probe | undefined> {
    const speaker = byName.get(username);
    if (!speaker) return undefined;
    const open = sockets.get(username) ?? await probeAs(url, { accessToken: speaker.token });
    sockets.set(username, open);
    return open;
  }

  async function converse(
    roomId: string,
    spoken: DemoRoom["lines"],
    lines: DemoRoom["lines"],
  ): Promise<void> {
    const ids = new Map<DemoRoom["lines"][number], string>();
    for (const line of spoken) {
      const answered = line.answers === undefined ? undefined : lines[line.answers];
      const reply_to = answered && ids.get(answered) || null;
      const socket = await socketOf(line.by);
      const ack = await socket?.ask(message(roomId, line.text, { reply_to }));
      if (ack?.action !== "received") throw new Error(`Not taken: ${JSON.stringify(ack)}`);
      ids.set(line, ack.data.message_id);
      const data = { room_id: roomId, message_id: ack.data.message_id };
      for (const [emoji, whose] of Object.entries(line.signs ?? {})) {
        for (const username of whose) {
          const reader = await socketOf(username);
          await reader?.ask({ type: "message", action: "react", data: { ...data, emoji } });
        }
      }
    }
  }
}
