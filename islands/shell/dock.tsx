/** What stays while pages come and go: the player, the uploads, notes, help, and what is said. */
import Player from "../player/player.tsx";
import { said } from "../shared/announce.ts";
import { Toasts } from "../shared/toasts.tsx";
import { UploadDock } from "../upload/upload_dock.tsx";
import { BellDock } from "./bell_dock.tsx";
import { Help } from "./help.tsx";

function Said() {
  return <p class="visually-hidden" role="status" id="said">{said.value}</p>;
}

export function Dock({ visit }: { visit: (url: string) => void }) {
  return (
    <>
      <UploadDock visit={visit} />
      <BellDock />
      <Toasts />
      <Player />
      <Help />
      <Said />
    </>
  );
}
