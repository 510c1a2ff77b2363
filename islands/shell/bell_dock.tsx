/** Holds the place of the bell's panel, which is loaded when it is first opened. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { panelOpen } from "../notifications/state.ts";

export function BellDock() {
  const [loaded, setLoaded] = useState<{ panel: ComponentType | null }>({ panel: null });
  const open = panelOpen.value;
  useEffect(() => {
    if (open) {
      void import("./bell_panel.tsx").then(({ BellPanel }) => setLoaded({ panel: BellPanel }));
    }
  }, [open]);
  const Panel = loaded.panel;
  return open && Panel ? <Panel /> : null;
}
