/** Asks once more before an actor is restarted. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../shared/words.ts";

interface Props {
  /** What the actor is called; null while nothing is asked. */
  readonly name: string | null;
  readonly answer: (restart: boolean) => void;
}

export function RestartDialog({ name, answer }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const words = t().admin.runtime;
  useEffect(() => {
    if (name !== null && !dialog.current?.open) dialog.current?.showModal();
    if (name === null) dialog.current?.close();
  }, [name]);
  return (
    <dialog
      class="ask"
      ref={dialog}
      aria-labelledby="restart-title"
      onCancel={(event) => {
        event.preventDefault();
        answer(false);
      }}
    >
      {name !== null && (
        <>
          <h2 id="restart-title">{words.restartTitle(name)}</h2>
          <p>{words.restartText}</p>
          <p class="acts">
            <button type="button" class="button button-main" onClick={() => answer(true)}>
              {words.restart}
            </button>
            <button type="button" class="button button-quiet" onClick={() => answer(false)}>
              {words.cancel}
            </button>
          </p>
        </>
      )}
    </dialog>
  );
}
