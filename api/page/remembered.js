// What was asked, kept in this browser and nowhere else.

import { ofBrowser } from "./store.js";

const NAME = "chuchu-asked";
const MOST = 50;

export function asked() {
  try {
    const kept = JSON.parse(ofBrowser.get(NAME) ?? "[]");
    return Array.isArray(kept) ? kept.filter(one => typeof one?.question === "string") : [];
  } catch {
    return [];
  }
}

export function remember(question, status) {
  const others = asked().filter(one => one.question !== question);
  keep([{ question, status }, ...others].slice(0, MOST));
}

export const forget = () => keep([]);

const keep = list => ofBrowser.set(NAME, JSON.stringify(list));
