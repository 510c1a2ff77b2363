/** The themes, as a cookie says them and `<html data-theme>` carries them. */
export const THEMES = ["system", "night", "paper", "contrast"] as const;
export type Theme = (typeof THEMES)[number];

/** The theme of a cookie; the system's until one was chosen. */
export const themeOf = (cookie: string | undefined): Theme =>
  THEMES.find((theme) => theme === cookie) ?? "system";
