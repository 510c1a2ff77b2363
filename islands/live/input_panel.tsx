/** The input of the studio: which, for what, and how loud. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Icon } from "../icons.tsx";
import { type Device, hasInputs, hasTabs, inputs } from "./input.ts";
import { LevelMeter } from "./level_meter.tsx";
import { closeInput, codec, inputName, inputState, isBroadcasting, needles } from "./on_air.ts";
import { useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

interface Way<T> {
  readonly value: T;
  readonly label: string;
  readonly help?: string;
}

/** One of a few, side by side. */
export function Ways<T extends string | number>(
  { name, legend, ways, chosen, disabled, onChoose }: {
    name: string;
    legend: string;
    ways: readonly Way<T>[];
    chosen: T;
    disabled?: boolean;
    onChoose: (value: T) => void;
  },
) {
  return (
    <fieldset class="ways" disabled={disabled}>
      <legend>{legend}</legend>
      <div class="ways-row">
        {ways.map(({ value, label, help }) => (
          <label key={value} title={help}>
            <input
              type="radio"
              name={name}
              value={value}
              checked={value === chosen}
              onChange={() => onChoose(value)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function useDevices(): readonly Device[] {
  const devices = useSignal<readonly Device[]>([]);
  const state = inputState.value;
  useEffect(() => {
    const look = async () => void (devices.value = await inputs());
    void look();
    if (!hasInputs()) return;
    navigator.mediaDevices.addEventListener("devicechange", look);
    return () => navigator.mediaDevices.removeEventListener("devicechange", look);
  }, [state]); // names are told only once an input was opened
  return devices.value;
}

function Fault() {
  const state = inputState.value;
  const { faults } = words().studio;
  if (typeof document === "undefined") return null;
  const fault = hasInputs() ? state : "insecure";
  if (fault === "closed" || fault === "opening" || fault === "open") return null;
  return <p class="form-error" role="alert">{faults[fault]}</p>;
}

export function InputPanel() {
  const { choices, choose, openInput } = useStudio();
  const { studio } = words();
  const { device, isSpeech, channels } = choices.value;
  const devices = useDevices();
  const isOpen = inputState.value === "open";
  const isOnAir = isBroadcasting.value;
  return (
    <section class="unit" aria-labelledby="input-title">
      <h2 class="unit-title" id="input-title">{studio.input}</h2>
      <div class="unit-line">
        <div class="field input-device">
          <label for="input-device">{studio.device}</label>
          <select
            id="input-device"
            value={device}
            // a recording is of one input from its beginning to its end
            disabled={isOnAir && codec.value === "chunks"}
            onChange={({ currentTarget }) => choose({ device: currentTarget.value })}
          >
            <option value="">{studio.systemDevice}</option>
            {devices.filter(({ id }) => id !== "" && id !== "default").map(({ id, label }, at) => (
              <option key={id} value={id}>{label || studio.unnamed(at + 1)}</option>
            ))}
            {typeof document !== "undefined" && hasTabs() && (
              <option value="tab">{studio.tab}</option>
            )}
          </select>
        </div>
        <Ways
          name="processing"
          legend={studio.processing}
          ways={[
            { value: "music", label: studio.music, help: studio.musicHelp },
            { value: "speech", label: studio.speech, help: studio.speechHelp },
          ]}
          chosen={isSpeech ? "speech" : "music"}
          onChoose={(value) => choose({ isSpeech: value === "speech" })}
        />
        <Ways
          name="channels"
          legend={studio.channels}
          ways={[{ value: 2, label: studio.stereo }, { value: 1, label: studio.mono }]}
          chosen={channels}
          disabled={isOnAir}
          onChoose={(value) => choose({ channels: value === 1 ? 1 : 2 })}
        />
      </div>
      <LevelMeter needles={channels === 1 ? needles.slice(0, 1) : needles} />
      <div class="unit-line">
        {isOpen && device !== "tab"
          ? (
            <button
              type="button"
              class="button"
              disabled={isOnAir}
              onClick={() => void closeInput()}
            >
              {studio.close}
            </button>
          )
          : (
            <button
              type="button"
              class="button input-open"
              aria-busy={inputState.value === "opening"}
              onClick={() => void openInput()}
            >
              <Icon name="mic" />
              {device === "tab" ? studio.openTab : studio.open}
            </button>
          )}
        <p class="quiet" role="status">
          {isOpen
            ? inputName.value
            : inputState.value === "opening"
            ? studio.opening
            : studio.closed}
        </p>
      </div>
      <Fault />
    </section>
  );
}
