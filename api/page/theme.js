// Light, dark, or as the system has it.

import { byId, icon } from "./dom.js";
import { ofBrowser } from "./store.js";
import { say } from "./words.js";

const NAME = "chuchu-theme";
const ORDER = ["auto", "light", "dark"];

function show(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").replaceChildren(icon(theme));
  byId("theme").setAttribute("aria-label", say("theme", { name: say(`theme.${theme}`) }));
  byId("theme").title = byId("theme").getAttribute("aria-label");
}

export function startTheme() {
  let theme = ORDER.find(one => one === ofBrowser.get(NAME)) ?? "auto";
  show(theme);
  byId("theme").addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    ofBrowser.set(NAME, theme);
    show(theme);
  });
  addEventListener("language", () => show(theme));
}
