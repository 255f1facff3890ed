// The key of a server that wants one: kept until the tab is closed.

import { byId } from "./dom.js";
import { ofTab } from "./store.js";

const NAME = "chuchu-key";
let asking = null;

export const key = () => ofTab.get(NAME);

// Resolve to whether a key was given; one dialog serves all who ask meanwhile.
export function askForKey() {
  asking ??= new Promise(resolve => {
    const dialog = byId("key");
    byId("key-wrong").hidden = key() === null;
    dialog.addEventListener("close", () => {
      asking = null;
      const given = dialog.returnValue === "given" ? byId("key-value").value.trim() : "";
      byId("key-value").value = "";
      if (given) ofTab.set(NAME, given);
      resolve(Boolean(given));
    }, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
  return asking;
}
