// What was asked, kept in this browser and nowhere else.

const NAME = "chuchu-asked";
const MOST = 50;

export function asked() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "[]");
    return Array.isArray(kept) ? kept.filter(one => typeof one?.question === "string") : [];
  } catch {
    return [];
  }
}

export function remember(question, status) {
  const others = asked().filter(one => one.question !== question);
  keep([{ question, status }, ...others].slice(0, MOST));
}

export const forget = () => localStorage.removeItem(NAME);

function keep(list) {
  try {
    localStorage.setItem(NAME, JSON.stringify(list));
  } catch {
    // A browser that keeps nothing still asks.
  }
}
