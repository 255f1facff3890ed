// Light, dark, or as the system has it.

import { byId } from "./dom.js";
import { say } from "./words.js";

const NAME = "chuchu-theme";
const SIGNS = { auto: "◐", light: "☀", dark: "☾" };
const ORDER = Object.keys(SIGNS);

function show(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").firstChild.textContent = SIGNS[theme];
  byId("theme").setAttribute("aria-label", say("theme", { name: say(`theme.${theme}`) }));
  byId("theme").title = byId("theme").getAttribute("aria-label");
}

export function startTheme() {
  let theme = localStorage.getItem(NAME) in SIGNS ? localStorage.getItem(NAME) : "auto";
  show(theme);
  byId("theme").addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    localStorage.setItem(NAME, theme);
    show(theme);
  });
  addEventListener("language", () => show(theme));
}
