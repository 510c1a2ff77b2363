/** The list of keys, opened by `?`. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { t } from "../shared/words.ts";

export const helpOpen = signal(false);

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open) dialog.current?.close();
  }, [open]);
  const words = t().keys;
  const close = () => (helpOpen.value = false);
  const groups: [string[], string][][] = [
    [
      [[words.space], words.play],
      [["←", "→"], words.seek],
      [["+", "−"], words.volume],
      [["m"], words.mute],
      [["n", "p"], words.nextPrevious],
      [["q"], words.queue],
      [["f"], words.large],
    ],
    [
      [["/"], words.search],
      [["g", "d"], words.goHome],
      [["g", "l"], words.goLibrary],
      [["g", "r"], words.goRooms],
      [["g", "v"], words.goLive],
      [["g", "o"], words.goStudio],
      [["g", "u"], words.goUpload],
      [["g", "n"], words.goNotifications],
      [["g", "s"], words.goSettings],
      [["?"], words.help],
    ],
  ];
  return (
    <dialog class="help" ref={dialog} onClose={close} aria-labelledby="help-title">
      {open && (
        <>
          <header class="panel-head">
            <h2 id="help-title">{words.title}</h2>
            <button type="button" class="key" aria-label={words.close} onClick={close}>
              <Icon name="close" />
            </button>
          </header>
          <div class="help-groups">
            {groups.map((group, index) => (
              <dl key={index}>
                {group.map(([keys, what]) => (
                  <div key={what}>
                    <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
                    <dd>{what}</dd>
                  </div>
                ))}
              </dl>
            ))}
          </div>
        </>
      )}
    </dialog>
  );
}
