/** How the chat socket is opened and spoken, on a whole node: origins, passes, frames, limits. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ERRORS } from "../../domain/errors.ts";
import { inDatabase } from "../support/accounts.ts";
import { ask, register } from "../support/client.ts";
import { type Frame, malformedFrames, showFrame } from "../support/malformed_frames.ts";
import { startNode } from "../support/node.ts";
import {
  join,
  makeRoom,
  message,
  type Probe,
  probe,
  probeAs,
  type Said,
  ticket,
} from "../support/sockets.ts";

/** What the server answers before it upgrades: a client's `WebSocket` does not tell. */
async function knock(url: string, headers: Record<string, string> = {}, query = "") {
  const { hostname, port, host } = new URL(url);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const lines = Object.entries({
    Host: host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": btoa("0123456789abcdef"),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  await conn.write(new TextEncoder().encode(`GET /ws${query} HTTP/1.1\r\n${lines.join("")}\r\n`));
  const buffer = new Uint8Array(2_000);
  const text = new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
  return { status: Number(text.split(" ")[1]), text };
}

Deno.test("how a chat socket is opened", async (t) => {
  await using node = await startNode();
  const { url } = node;
  const [anna, ben] = [await register(url), await register(url)];
  const room = await makeRoom(url, anna);

  await t.step(
    "[C1] pages of other sites are refused before the upgrade; programs are not",
    async () => {
      const { origin, port } = new URL(url);
      for (const ours of [origin, `http://localhost:${port}`]) {
        const host = new URL(ours).host;
        equal((await knock(url, { Origin: ours, Host: host })).status, 101, ours);
      }
      equal((await knock(url)).status, 101);
      for (
        const theirs of ["https://evil.example", `http://127.0.0.1:1`, "null", `${origin}.evil`]
      ) {
        equal((await knock(url, { Origin: theirs })).status, 403, theirs);
      }
      equal((await ask(url, "/ws")).status, 400);
    },
  );

  await t.step(
    "[C1] a pass opens one socket, once, within its time; a bad one opens none",
    async () => {
      const made = await ask<{ token: string; expiresIn: number }>(url, "/api/v1/chat/token", {
        method: "POST",
        token: anna.accessToken,
      });
      equal(made.body.expiresIn, 30);
      using socket = await probe(url, { token: made.body.token });
      equal(socket.all[0].data.user_id, anna.user.id);
      equal((await knock(url, {}, `?token=${made.body.token}`)).status, 401, "it is used");
      const old = await ticket(url, anna.accessToken);
      await inDatabase(node, (sql) => sql`update chat_tickets set expires_at = now()`);
      equal((await knock(url, {}, `?token=${old}`)).status, 401, "its time is over");
      for (const bad of ["", "x", "A".repeat(43), `${"A".repeat(42)}%00`, anna.accessToken]) {
        equal((await knock(url, {}, `?token=${bad}`)).status, 401, bad);
      }
      equal((await ask(url, "/api/v1/chat/token", { method: "POST" })).status, 401);
      const pass = await ticket(url, ben.accessToken);
      const all = await Promise.all([1, 2, 3, 4].map(() => knock(url, {}, `?token=${pass}`)));
      deepEqual(all.map(({ status }) => status).sort(), [101, 401, 401, 401], "at the same moment");
    },
  );

  await t.step(
    "[C1] a guest has no user_id, reads public rooms, and does nothing there",
    async () => {
      using guest = await probe(url);
      deepEqual([guest.all[0].data.user_id, guest.all[0].data.heartbeat_ms], [null, 40_000]);
      ok(Math.abs(guest.all[0].data.server_time_us / 1_000 - Date.now()) < 60_000);
      const joined = await guest.ask(join(room.id));
      deepEqual([joined.data.may_write, joined.data.role], [false, null]);
      const at = { room_id: room.id };
      const id = crypto.randomUUID();
      for (
        const [type, action, data] of [
          ["message", "send", { client_id: id, content: "x" }],
          ["message", "edit", { message_id: id, content: "x" }],
          ["message", "delete", { message_id: id }],
          ["message", "react", { message_id: id, emoji: "🎧" }],
          ["typing", "start", {}],
          ["receipt", "read", { seq: 1 }],
          ["presence", "set", { status: "away" }],
        ] as const
      ) {
        const said = await guest.ask({ type, action, data: { ...at, ...data } });
        deepEqual([said.type, said.data.code], ["error", "unauthenticated"], `${type}.${action}`);
      }
    },
  );

  await t.step(
    "[C2] [C3] the answer has the request's id, the error its action and code",
    async () => {
      using socket = await probeAs(url, anna);
      const pong = await socket.ask({ type: "ping" });
      deepEqual([pong.type, typeof pong.data.server_time_us], ["pong", "number"]);
      const unknown = await socket.ask({ type: "room", action: "paint", data: {} });
      deepEqual([unknown.type, unknown.action, unknown.data.code], [
        ...["error", "room.paint", "bad_request"],
      ]);
      const invalid = await socket.ask(message(room.id, ""));
      deepEqual([invalid.action, invalid.data.code, invalid.data.errors[0].path], [
        ...["message.send", "invalid", "data.content"],
      ]);
      equal((await socket.ask(join(crypto.randomUUID()))).data.code, "not_found");
      const typing = { type: "typing", action: "start", data: { room_id: room.id } };
      equal((await socket.ask(typing)).data.code, "not_joined");
      socket.send({ type: "ping", request_id: "one" }, { type: "ping", request_id: "two" });
      await socket.next(({ request_id }) => request_id === "one");
      await socket.next(({ request_id }) => request_id === "two");
    },
  );

  await t.step(
    "[C2] bytes for who offers veza.bytes, text for others; the same lines",
    async () => {
      using a = await probeAs(url, anna, { bytes: true });
      using b = await probeAs(url, ben);
      equal(a.socket.protocol, "veza.bytes");
      equal(b.socket.protocol, "");
      const kinds = new Set<string>();
      a.socket.addEventListener("message", ({ data }) => kinds.add(`a ${typeof data}`));
      b.socket.addEventListener("message", ({ data }) => kinds.add(`b ${typeof data}`));
      for (const one of [a, b]) await one.ask(join(room.id));
      const content = "é 🎧 \u2028 \n <b>";
      await a.ask(message(room.id, content));
      const said = await b.next(({ data }) => data?.content === content);
      equal(said.data.sender_id, anna.user.id);
      deepEqual([...kinds].sort(), ["a object", "b string"]);
    },
  );

  await t.step("[C2] what is due together comes in one frame", async () => {
    using a = await probeAs(url, anna, { bytes: true });
    using b = await probeAs(url, ben);
    for (const one of [a, b]) await one.ask(join(room.id));
    let frames = 0;
    b.socket.addEventListener("message", () => frames++);
    a.send(...Array.from({ length: 200 }, (_, n) => message(room.id, `together ${n}`)));
    await b.next(({ data }) => data?.content === "together 199");
    ok(frames <= 100, `${frames} frames for 200 messages`);
  });

  await t.step("[C11] a socket is in at most 100 rooms", async () => {
    const ids = await Promise.all(
      Array.from(
        { length: 101 },
        async (_, n) =>
          (await makeRoom(url, anna, { kind: "public", name: `Room ${n}` })).id as string,
      ),
    );
    using socket = await probeAs(url, anna);
    const answers = await Promise.all(ids.map((id) => socket.ask(join(id), 30_000)));
    const refused = answers.filter(({ type }) => type === "error");
    deepEqual(refused.map(({ data }) => data.code), ["too_many_rooms"]);
    await socket.ask({ type: "room", action: "leave", data: { room_id: ids[0] } });
    equal((await socket.ask(join(ids[100]!))).action, "joined");
    equal((await socket.ask(join(ids[100]!))).action, "joined", "again is no further room");
  });

  await t.step("[C11] a frame above 64 KiB ends its socket with 1009", async () => {
    for (const bytes of [false, true]) {
      using socket = await probeAs(url, anna, { bytes });
      const text = JSON.stringify({ type: "ping", pad: "x".repeat(64 * 1024 - 24) });
      equal(text.length, 64 * 1024);
      socket.raw(bytes ? new TextEncoder().encode(text) : text);
      await socket.next(({ type }) => type === "pong");
      socket.raw(bytes ? new TextEncoder().encode(`${text} `) : `${text} `);
      deepEqual(await endOf(socket), { code: 1009, reason: "too_large" });
    }
    using socket = await probe(url);
    socket.raw("é".repeat(33_000));
    equal((await endOf(socket)).code, 1009, "bytes count, not characters");
  });

  await t.step(
    "[C3] [C11] 1,000 malformed frames: a code for each, 0 crashes; twenty end a socket",
    async () => {
      const seed = Number(Deno.env.get("CHAT_FUZZ_SEED") ?? Math.floor(Math.random() * 2 ** 31));
      console.log(`seed ${seed}`);
      const frames = malformedFrames(seed, room.id, 1_000);
      let answered = 0;
      for (let at = 0; at < frames.length; at += 20) {
        using socket = await probe(url);
        const some = frames.slice(at, at + 20);
        for (const [index, frame] of some.entries()) {
          const code = await codeFor(socket, frame);
          ok(code in ERRORS, `${showFrame(frame)} was answered with ${code}`);
          answered++;
          if (index < 19) equal(socket.socket.readyState, WebSocket.OPEN, "the socket stays");
        }
        deepEqual(await endOf(socket), { code: 1008, reason: "bad_request" });
      }
      equal(answered, 1_000);
      const logged = node.logs().filter((line) => /"level":"(ERROR|FATAL)"/.test(line));
      deepEqual(logged, [], "nothing failed inside");
      using socket = await probeAs(url, anna);
      equal((await socket.ask(join(room.id))).action, "joined", "rooms live on");
    },
  );

  await t.step("[C11] words that cannot be stored are refused, and hurt no room", async () => {
    using socket = await probeAs(url, anna);
    await socket.ask(join(room.id));
    for (
      const bad of [
        message(room.id, "a\0b"),
        message(room.id, "half \ud83c of one"),
        message(room.id, "x", { metadata: { a: "\0" } }),
        message(room.id, "x", { metadata: { "\ud800": 1 } }),
      ]
    ) equal((await socket.ask(bad)).data.code, "invalid");
    for (const json of [{ topic: "a\0" }, { name: "\ud800" }, { blockedWords: ["\0"] }]) {
      const { status } = await ask(url, `/api/v1/rooms/${room.id}`, {
        method: "PATCH",
        token: anna.accessToken,
        json,
      });
      equal(status, 422);
    }
    const odd = '"\\ \u0001 \u2028 $& ${x} \\u0000 %00 {} [] null \ufffd';
    const ack = await socket.ask(message(room.id, odd, { metadata: { a: odd, b: [1.5, null] } }));
    deepEqual([ack.data.content, ack.data.metadata], [odd, { a: odd, b: [1.5, null] }]);
    const { body } = await ask<Said>(url, `/api/v1/rooms/${room.id}/messages?limit=1`);
    deepEqual([body.items[0].content, body.items[0].metadata.a], [odd, odd]);
  });

  await t.step("[C1] a revoked session ends its sockets within 5 s", async () => {
    const carl = await register(url);
    using socket = await probeAs(url, carl);
    using other = await probeAs(url, anna);
    const { body } = await ask<Said>(url, "/api/v1/auth/sessions", { token: carl.accessToken });
    const began = performance.now();
    const { id } = body.items[0];
    const gone = await ask(url, `/api/v1/auth/sessions/${id}`, {
      method: "DELETE",
      token: carl.accessToken,
    });
    match(String(gone.status), /^2/);
    equal((await endOf(socket)).reason, "session_ended");
    ok(performance.now() - began < 5_500, `${performance.now() - began} ms`);
    equal((await other.ask({ type: "ping" })).type, "pong");
  });
});

Deno.test("[C1] [C11] limits: sockets a minute, and messages a second in one room", async () => {
  await using node = await startNode({
    env: { RATE_LIMITS: "socketGuest=2/1m/1" },
  });
  const { url } = node;
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) statuses.push((await knock(url)).status);
  deepEqual(statuses, [101, 101, 101, 429, 429]);
  const anna = await register(url);
  const [room, other] = [await makeRoom(url, anna), await makeRoom(url, anna)];
  using socket = await probeAs(url, anna);
  const frames = Array.from({ length: 80 }, (_, n) => ({
    ...message(room.id, `fast ${n}`),
    request_id: `fast ${n}`,
  }));
  socket.send(...frames);
  const answers: Said[] = [];
  for (const { request_id } of frames) {
    answers.push(await socket.next((said) => said.request_id === request_id));
  }
  const refused = answers.filter(({ type }) => type === "error");
  ok(answers.length - refused.length >= 20 && refused.length >= 5, `${refused.length} refused`);
  for (const { data } of refused) {
    equal(data.code, "rate_limited");
    ok(data.retry_after_ms > 0 && data.retry_after_ms <= 100, String(data.retry_after_ms));
  }
  equal((await socket.ask(message(other.id, "elsewhere"))).action, "received", "a room its own");
  const again = frames.find(({ request_id }) => request_id === refused[0].request_id)!;
  await new Promise((done) => setTimeout(done, refused[0].data.retry_after_ms + 20));
  equal((await socket.ask(again)).data.duplicate, false, "then it is taken");
  const repeated = await Promise.all(
    Array.from({ length: 40 }, () => socket.ask(frames[0]!)),
  );
  ok(repeated.every(({ data }) => data.duplicate), "what is there already is told at any pace");
});

/** How a socket was ended, soon. */
async function endOf({ closed }: Probe, patienceMs = 10_000) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("The socket was not ended")), patienceMs);
  });
  return await Promise.race([closed, late]).finally(() => clearTimeout(timer));
}

/** The code with which a frame is answered, or the reason of the end. */
async function codeFor(socket: Probe, frame: Frame): Promise<string> {
  socket.raw(frame);
  const said = await Promise.race([
    socket.next(({ type }) => type === "error"),
    socket.closed.then(({ reason }) => ({ data: { code: reason } })),
  ]);
  return said.data.code;
}
