/** The studio: a piece of equipment. Input, meter, the big button, the clock, what listeners get. */
import { useEffect, useState } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Problem } from "../shared/api.ts";
import { HandsPanel } from "./hands_panel.tsx";
import { HostsPanel } from "./hosts_panel.tsx";
import { InputPanel } from "./input_panel.tsx";
import { LiveChat } from "./live_chat.tsx";
import { closeInput, guardLeaving, inputState, isBroadcasting } from "./on_air.ts";
import { OnAirPanel } from "./on_air_panel.tsx";
import { PagePanel, ProgramPanel } from "./program_panel.tsx";
import { becomeCreator } from "./rest.ts";
import { SoundPanel } from "./sound_panel.tsx";
import type { StudioStart } from "./start.ts";
import { InvitationsPanel, OthersPanel } from "./others_panel.tsx";
import { StreamPanel } from "./stream_panel.tsx";
import { showStrip } from "./strip.tsx";
import { StudioContext, studioPage } from "./studio_context.ts";
import { words } from "./words.ts";

/** What stands here for who may not go on air yet. */
function Becoming({ start: { me, stream, invitations } }: { start: StudioStart }) {
  const { studio } = words();
  const invitation = [stream, ...invitations].find((one) => one?.coHostId === me.id);
  const problem = useSignal<string | null>(null);
  const become = async () => {
    try {
      await becomeCreator();
      location.reload();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = error.message;
    }
  };
  return (
    <div class="studio-becoming">
      {invitation && (
        <p class="lead">{studio.invitedBy(invitation.host.displayName, invitation.title)}</p>
      )}
      <p class={invitation ? undefined : "lead"}>{studio.creator}</p>
      {problem.value && <p class="form-error" role="alert">{problem.value}</p>}
      <p class="acts needs-script">
        <button type="button" class="button button-main" onClick={() => void become()}>
          {studio.creatorAct}
        </button>
      </p>
    </div>
  );
}

function Desk({ start }: { start: StudioStart }) {
  const [page] = useState(() => studioPage(start));
  const room = page.room.value;
  const status = page.stream.value?.status;
  // what is told of a stream that is over is told of no other: the form comes with the next one
  const isOver = status === "ended";
  const isFromHere = !isOver && (page.sender.value !== "program" || status !== "live");
  const isInputOn = inputState.value === "open" || inputState.value === "opening";
  useEffect(() => {
    guardLeaving();
    showStrip();
    void page.resume();
    const stop = page.follow();
    return () => {
      stop();
      if (!isBroadcasting.peek()) void closeInput();
    };
  }, []);
  return (
    <StudioContext.Provider value={page}>
      <div class="studio-desk">
        <OnAirPanel />
        <InvitationsPanel />
        <HandsPanel />
        {(isFromHere || isInputOn) && <InputPanel />}
        {!isOver && <StreamPanel />}
        <HostsPanel />
        {isFromHere && <SoundPanel />}
        {!isOver && <PagePanel />}
        <ProgramPanel />
        <OthersPanel />
      </div>
      {room ? <LiveChat key={room.id} start={room} /> : (
        <aside class="studio-chat-soon">
          <p class="quiet">{words().studio.chatSoon}</p>
        </aside>
      )}
    </StudioContext.Provider>
  );
}

export default function Studio(start: StudioStart) {
  return (
    <div class="studio">
      {start.mayHost ? <Desk start={start} /> : <Becoming start={start} />}
    </div>
  );
}
