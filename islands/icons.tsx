/** The icons of the interface: lucide's drawings, 20 px, hidden from screen readers. */
// each by its own file: the package's list of them all would cost a node some 15 MB
import type { IconNode } from "lucide";
import Activity from "lucide/dist/esm/icons/activity.mjs";
import ArrowDownToLine from "lucide/dist/esm/icons/arrow-down-to-line.mjs";
import ArrowUpFromLine from "lucide/dist/esm/icons/arrow-up-from-line.mjs";
import AudioLines from "lucide/dist/esm/icons/audio-lines.mjs";
import Bell from "lucide/dist/esm/icons/bell.mjs";
import Check from "lucide/dist/esm/icons/check.mjs";
import ChevronDown from "lucide/dist/esm/icons/chevron-down.mjs";
import Compass from "lucide/dist/esm/icons/compass.mjs";
import Copy from "lucide/dist/esm/icons/copy.mjs";
import Hand from "lucide/dist/esm/icons/hand.mjs";
import Image from "lucide/dist/esm/icons/image.mjs";
import Keyboard from "lucide/dist/esm/icons/keyboard.mjs";
import Library from "lucide/dist/esm/icons/library.mjs";
import Link from "lucide/dist/esm/icons/link.mjs";
import ListMusic from "lucide/dist/esm/icons/list-music.mjs";
import LogIn from "lucide/dist/esm/icons/log-in.mjs";
import Maximize2 from "lucide/dist/esm/icons/maximize-2.mjs";
import MessagesSquare from "lucide/dist/esm/icons/messages-square.mjs";
import Mic from "lucide/dist/esm/icons/mic.mjs";
import Pause from "lucide/dist/esm/icons/pause.mjs";
import Pencil from "lucide/dist/esm/icons/pencil.mjs";
import Pin from "lucide/dist/esm/icons/pin.mjs";
import Play from "lucide/dist/esm/icons/play.mjs";
import Plus from "lucide/dist/esm/icons/plus.mjs";
import RadioTower from "lucide/dist/esm/icons/radio-tower.mjs";
import Reply from "lucide/dist/esm/icons/reply.mjs";
import RotateCcw from "lucide/dist/esm/icons/rotate-ccw.mjs";
import Search from "lucide/dist/esm/icons/search.mjs";
import SendHorizontal from "lucide/dist/esm/icons/send-horizontal.mjs";
import SkipBack from "lucide/dist/esm/icons/skip-back.mjs";
import SkipForward from "lucide/dist/esm/icons/skip-forward.mjs";
import SlidersHorizontal from "lucide/dist/esm/icons/sliders-horizontal.mjs";
import SmilePlus from "lucide/dist/esm/icons/face-slightly-smiling-plus.mjs";
import Trash2 from "lucide/dist/esm/icons/trash.mjs";
import User from "lucide/dist/esm/icons/user.mjs";
import Users from "lucide/dist/esm/icons/users.mjs";
import Volume2 from "lucide/dist/esm/icons/volume-2.mjs";
import VolumeX from "lucide/dist/esm/icons/volume-x.mjs";
import X from "lucide/dist/esm/icons/x.mjs";
import { type ComponentChildren, h } from "preact";

const drawings = {
  admin: Activity,
  bell: Bell,
  check: Check,
  close: X,
  copy: Copy,
  discover: Compass,
  download: ArrowDownToLine,
  down: ChevronDown,
  hand: Hand,
  edit: Pencil,
  keys: Keyboard,
  large: Maximize2,
  library: Library,
  link: Link,
  live: RadioTower,
  mic: Mic,
  muted: VolumeX,
  next: SkipForward,
  pause: Pause,
  people: Users,
  picture: Image,
  pin: Pin,
  play: Play,
  plus: Plus,
  previous: SkipBack,
  queue: ListMusic,
  remove: Trash2,
  reply: Reply,
  retry: RotateCcw,
  rooms: MessagesSquare,
  search: Search,
  send: SendHorizontal,
  settings: SlidersHorizontal,
  sign: SmilePlus,
  signIn: LogIn,
  sound: Volume2,
  upload: ArrowUpFromLine,
  user: User,
  wave: AudioLines,
};

export type IconName = keyof typeof drawings;
/** The files have no types of their own. */
const icons: Readonly<Record<IconName, IconNode>> = drawings;

/** One icon; `solid` fills it, as for what plays. */
export function Icon({ name, solid = false }: { name: IconName; solid?: boolean }) {
  const shapes: ComponentChildren = icons[name].map(([tag, attributes]) => h(tag, attributes));
  return (
    <svg
      class={solid ? "icon icon-solid" : "icon"}
      viewBox="0 0 24 24"
      width="20"
      height="20"
      aria-hidden="true"
    >
      {shapes}
    </svg>
  );
}
