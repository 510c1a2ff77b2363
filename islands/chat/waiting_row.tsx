/** A message of one's own on its way, with how it stands. */
import { sayProblem } from "../shared/api.ts";
import type { Waiting } from "./outbox.ts";
import { useRoom } from "./room_context.ts";
import { MessageText } from "./text.ts";
import { clockOf } from "./times.ts";
import { words } from "./words.ts";

export function WaitingRow({ one }: { one: Waiting }) {
  const { client } = useRoom();
  const { own } = words();
  const { clientId, content, writtenAt, standing } = one;
  const at = new Date(writtenAt).toISOString();
  const isFailed = standing.kind === "failed";
  return (
    <li class="message is-waiting" data-standing={standing.kind} data-client={clientId}>
      <time class="message-time" dateTime={at}>{clockOf(at)}</time>
      <div class="message-body">
        <MessageText text={content} />
        <p class={isFailed ? "message-state trouble" : "message-state"}>
          <span>{own[standing.kind]}</span>
          {standing.kind === "failed" && (
            <>
              <span>{sayProblem(standing.code, standing.message)}</span>
              <button type="button" class="link" onClick={() => client?.retry(clientId)}>
                {own.retry}
              </button>
              <button type="button" class="link" onClick={() => client?.discard(clientId)}>
                {own.discard}
              </button>
            </>
          )}
        </p>
      </div>
    </li>
  );
}
