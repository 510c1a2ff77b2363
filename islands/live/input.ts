/** The host's input: which there are, and one of them opened for music or for speech. */

/** What an input is asked for. */
export interface InputChoice {
  /** A device's id; "tab": the sound of a tab or the screen; "": whatever the system chose. */
  readonly device: string;
  /** Echo, noise and level are mended: good for a voice, harmful to music. */
  readonly isSpeech: boolean;
  readonly channels: 1 | 2;
}

export interface Device {
  readonly id: string;
  /** Empty before the browser was allowed to tell. */
  readonly label: string;
}

/** Why there is no input, in words of ours. */
export type InputFault = "insecure" | "refused" | "none" | "busy" | "no_sound" | "failed";

export class InputError extends Error {
  override readonly name = "InputError";
  constructor(readonly fault: InputFault, cause?: unknown) {
    super(`There is no input: ${fault}`, { cause });
  }
}

/** Whether this page may ask for an input at all: only over HTTPS, or on this machine. */
export const hasInputs = (): boolean => isSecureContext && "mediaDevices" in navigator;
export const hasTabs = (): boolean => hasInputs() && "getDisplayMedia" in navigator.mediaDevices;

/** The inputs of this machine; without names until one was opened. */
export async function inputs(): Promise<Device[]> {
  if (!hasInputs()) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "communications")
    .map(({ deviceId: id, label }) => ({ id, label }));
}

const FAULTS: Readonly<Record<string, InputFault>> = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** Opens an input. @throws {InputError} */
export async function openInput(
  { device, isSpeech, channels }: InputChoice,
): Promise<MediaStream> {
  if (!hasInputs()) throw new InputError("insecure");
  const audio: MediaTrackConstraints = {
    echoCancellation: isSpeech,
    noiseSuppression: isSpeech,
    autoGainControl: isSpeech,
    channelCount: channels,
  };
  try {
    if (device !== "tab") {
      return await navigator.mediaDevices.getUserMedia({
        audio: { ...audio, ...(device !== "" && { deviceId: { exact: device } }) },
      });
    }
    // a browser shows only its own choice for this, and wants a picture with it
    const shared = await navigator.mediaDevices.getDisplayMedia({ video: true, audio });
    for (const track of shared.getVideoTracks()) track.stop();
    if (shared.getAudioTracks().length === 0) throw new InputError("no_sound");
    return new MediaStream(shared.getAudioTracks());
  } catch (error) {
    if (error instanceof InputError) throw error;
    const name = error instanceof DOMException ? error.name : "";
    throw new InputError(FAULTS[name] ?? "failed", error);
  }
}
