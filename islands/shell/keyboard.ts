/** The keys of the whole site. */
import * as engine from "../player/engine.ts";
import * as state from "../player/state.ts";

/** Five seconds to a press, in ms. */
const SEEK = 5_000;
/** How long `g` waits for its letter, in ms. */
const CHORD = 1_500;

interface Site {
  visit(url: string): void;
  help(): void;
}

const inField = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=range])"));
/** Keys that a focused control takes for itself. */
const takes = (target: EventTarget | null, key: string) =>
  target instanceof HTMLElement && (
    (key === " " && target.matches("button, a, summary, input, [role=button]")) ||
    (key.startsWith("Arrow") && target.matches("input, select, [role=slider]"))
  );

/** Listens; each key does what the help says. */
export function keyboard({ visit, help }: Site): void {
  const places: Record<string, string> = {
    d: "/",
    l: "/library",
    r: "/rooms",
    v: "/live",
    o: "/studio",
    u: "/upload",
    n: "/notifications",
    s: "/settings",
  };
  const chord = { until: 0 };
  const search = () => {
    const field = document.querySelector<HTMLInputElement>("#page input[type=search]");
    if (field) field.select();
    else visit("/search");
  };
  const playing = (act: () => void) => () => {
    if (!state.track.value) return false;
    act();
    return true;
  };
  /** Before anything was played, the recording that the page is about begins. */
  const begin = () => {
    const button = document.querySelector<HTMLButtonElement>("#page .stage .play-large:enabled");
    button?.click();
    return button !== null;
  };
  const keys: Record<string, () => boolean | void> = {
    " ": () => playing(engine.toggle)() || begin(),
    ArrowRight: playing(() => engine.seek(state.position.value + SEEK)),
    ArrowLeft: playing(() => engine.seek(state.position.value - SEEK)),
    "/": search,
    "?": help,
    m: playing(engine.toggleMute),
    n: playing(engine.next),
    p: playing(engine.previous),
    q: playing(() => (state.queueOpen.value = !state.queueOpen.value)),
    f: playing(() => (state.largeOpen.value = !state.largeOpen.value)),
    "+": playing(() => engine.setVolume(state.volume.value + 0.1)),
    "-": playing(() => engine.setVolume(state.volume.value - 0.1)),
    g: () => {
      chord.until = performance.now() + CHORD;
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (inField(event.target) || takes(event.target, event.key)) return;
    const place = performance.now() < chord.until ? places[event.key] : undefined;
    chord.until = 0;
    if (place) {
      event.preventDefault();
      return visit(place);
    }
    const act = keys[event.key];
    if (act && act() !== false) event.preventDefault();
  });
}
