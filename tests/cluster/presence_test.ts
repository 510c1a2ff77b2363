/** Who is in a room, over all nodes, and after one has died (C10). */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { join, type Probe, type Said } from "../support/sockets.ts";
import { until } from "../support/processes.ts";
import { startGateways } from "./gateways.ts";

/** Who is there, as a socket was told of it. */
function known({ all }: Probe, roomId: string): Map<string, string> {
  const people = new Map<string, string>();
  for (const { type, action, data } of all as Said[]) {
    if (data?.room_id !== roomId) continue;
    if (`${type}.${action}` === "room.joined") people.clear();
    for (const one of data.online?.length ? data.online : data.changes ?? []) {
      people.set(one.user_name, one.status);
    }
  }
  return people;
}

const sees = (probe: Probe, roomId: string, wanted: Record<string, string>, ms = 15_000) =>
  until(
    `it to know of ${JSON.stringify(wanted)}`,
    () =>
      Promise.resolve(
        Object.entries(wanted).every(([name, status]) =>
          (known(probe, roomId).get(name) ?? "offline") === status
        ),
      ),
    ms,
  );

Deno.test("[C10] presence, typing and receipts over three nodes; right within 10 s of one's death", async () => {
  await using cluster = await startGateways(3);
  const { gateways, anna, ben, sit } = cluster;
  const [A, B] = [anna.user.displayName, ben.user.displayName];
  const id = await cluster.room(0);
  using far = await sit(2, ben);
  using first = await sit(0, anna, id);
  using second = await sit(1, ben, id);
  for (const one of [first, second]) await sees(one, id, { [A]: "online", [B]: "online" });
  const { data } = await far.ask(join(id));
  equal(data.online.length, 1, "who is the first of a node knows its own yet");
  await sees(far, id, { [A]: "online", [B]: "online" }, 2_000);

  first.send({ type: "presence", action: "set", data: { status: "away" } });
  for (const one of [first, second, far]) await sees(one, id, { [A]: "away" });
  first.send({ type: "typing", action: "start", data: { room_id: id } });
  const typing = (said: Said) => said.type === "typing" && said.data.user_id === anna.user.id;
  for (const one of [second, far]) equal((await one.next(typing)).action, "start");

  second.send({ type: "receipt", action: "delivered", data: { room_id: id, seq: 1 } });
  const receipt = (said: Said) => said.type === "receipt" && said.data.user_id === ben.user.id;
  equal((await first.next(receipt)).action, "delivered");

  // ben has left one of two nodes: he is still there
  far.send({ type: "room", action: "leave", data: { room_id: id } });
  using third = await sit(2, anna, id);
  await sees(third, id, { [A]: "online", [B]: "online" });
  const before = first.all.length;
  await gateways[1]!.node.kill9();
  const began = performance.now();
  for (const one of [first, third]) await sees(one, id, { [B]: "offline", [A]: "online" }, 10_000);
  const took = performance.now() - began;
  ok(took < 10_000, `${took} ms`);
  const told = first.all.slice(before).flatMap((said) => said.data?.changes ?? []);
  equal(told.map(({ user_name, status }) => [user_name, status]), [[B, "offline"]]);
});
