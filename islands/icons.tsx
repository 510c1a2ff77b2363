/** The icons of the interface: lucide's drawings, 20 px, hidden from screen readers. */
import {
  Activity,
  ArrowDownToLine,
  ArrowUpFromLine,
  AudioLines,
  Bell,
  Check,
  ChevronDown,
  Compass,
  Copy,
  Image,
  Keyboard,
  Library,
  Link,
  ListMusic,
  LogIn,
  Maximize2,
  MessagesSquare,
  Mic,
  Pause,
  Pencil,
  Pin,
  Play,
  Plus,
  RadioTower,
  Reply,
  RotateCcw,
  Search,
  SendHorizontal,
  SkipBack,
  SkipForward,
  SlidersHorizontal,
  SmilePlus,
  Trash2,
  User,
  Users,
  Volume2,
  VolumeX,
  X,
} from "lucide";
import { type ComponentChildren, h } from "preact";

const icons = {
  admin: Activity,
  bell: Bell,
  check: Check,
  close: X,
  copy: Copy,
  discover: Compass,
  download: ArrowDownToLine,
  down: ChevronDown,
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

export type IconName = keyof typeof icons;

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
