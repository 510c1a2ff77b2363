/** Serves the calls that other nodes make of the actors that live here (A11). */
import { Rejection } from "../../domain/errors.ts";
import { Moved } from "./call.ts";
import { ringTo } from "./chain.ts";
import type { Chains } from "./chain_wire.ts";
import { Mail } from "./mailbox.ts";
import type { Members } from "./members.ts";
import type { LocalActors } from "./local_actors.ts";
import { decode, encodeRefusal, encodeReply, type WireCall } from "./remote_wire.ts";

/** Makes what serves the calls of one kind: bytes that came for a key, to the bytes of the answer. */
export function remoteServer({ local, members, chains }: {
  local: LocalActors;
  members: Pick<Members, "stalled">;
  chains: Chains;
}): (key: string, data: Uint8Array) => Promise<Uint8Array> {
  const handlers = new Map(local.handlers.map((handler) => [handler.name, handler]));
  /** The calls that their callers may still withdraw, by word. */
  const withdrawable = new Map<string, () => void>();

  /** Throws what refuses a call before it has come into a mailbox. */
  const deliver = (
    key: string,
    { h, i, d, c, w }: WireCall,
    resolve: (reply: unknown) => void,
    reject: (reason: unknown) => void,
  ): void => {
    // What has waited for a process that stood still came too late, perhaps, and its caller has
    // heard so. It has not begun, and a caller that still waits will find the actor again.
    const cell = members.stalled ? undefined : local.find(key);
    if (cell === undefined) throw new Moved();
    const handler = handlers.get(h);
    if (handler === undefined) {
      throw new Rejection("unavailable", `${local.kind}/${key} is of a release without "${h}"`);
    }
    const from = c && chains.receive(c);
    const ring = ringTo(from, local.kind, key);
    if (ring !== undefined) throw ring;
    const forget = () => void (w !== undefined && withdrawable.delete(w));
    const mail = new Mail(
      handler,
      i,
      local.clock.now() + d,
      (reply) => {
        forget();
        resolve(reply);
      },
      (reason) => {
        forget();
        reject(reason);
      },
      from,
    );
    if (w !== undefined) {
      withdrawable.set(w, () => cell.withdraw(mail, new Rejection("cancelled")));
    }
    cell.accept(mail);
  };

  // one promise for each call, since there are many of them
  return (key, data) =>
    new Promise((resolve, reject) => {
      const refuse = (reason: unknown) => {
        try {
          resolve(encodeRefusal(reason));
        } catch (defect) {
          reject(defect);
        }
      };
      try {
        const call = decode(data);
        if ("x" in call) {
          withdrawable.get(call.x)?.();
          return resolve(encodeReply(undefined));
        }
        deliver(key, call, (reply) => {
          try {
            resolve(encodeReply(reply));
          } catch (defect) {
            reject(defect); // the reply is no plain data
          }
        }, refuse);
      } catch (error) {
        refuse(error);
      }
    });
}
