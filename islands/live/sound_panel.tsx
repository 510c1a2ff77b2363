/** How well it sounds: bits a second, and how long a frame is. */
import { Ways } from "./input_panel.tsx";
import { isBroadcasting } from "./on_air.ts";
import { BITRATES, useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

export function SoundPanel() {
  const { choices, choose } = useStudio();
  const { studio } = words();
  const { bitrate, frameMs } = choices.value;
  return (
    <section class="unit" aria-labelledby="sound-title">
      <h2 class="unit-title" id="sound-title">{studio.sound}</h2>
      <div class="unit-line">
        <div class="field">
          <label for="stream-bitrate">{studio.bitrate}</label>
          <select
            id="stream-bitrate"
            value={bitrate}
            disabled={isBroadcasting.value}
            onChange={({ currentTarget }) => choose({ bitrate: Number(currentTarget.value) })}
          >
            {BITRATES.map((one) => <option key={one} value={one}>{studio.rate(one / 1_000)}
            </option>)}
          </select>
        </div>
        <Ways
          name="frame"
          legend={studio.frame}
          ways={[
            { value: 20, label: studio.frameMs(20) },
            { value: 10, label: studio.frameMs(10), help: studio.frameHelp },
          ]}
          chosen={frameMs}
          disabled={isBroadcasting.value}
          onChoose={(value) => choose({ frameMs: value === 10 ? 10 : 20 })}
        />
      </div>
    </section>
  );
}
