// What the address says: /?view=…&q=question&document=id&sha256=…#char=start,end (RFC 5147).

export function read() {
  const query = new URLSearchParams(location.search);
  const span = /^#char=(\d{1,9}),(\d{1,9})$/.exec(location.hash);
  return {
    view: query.get("view") ?? "ask",
    question: query.get("q"),
    map: query.get("map"),
    report: query.get("report"),
    document: query.get("document"),
    sha256: query.get("sha256"),
    span: span && { start: Number(span[1]), end: Number(span[2]) },
  };
}

function urlOf(place) {
  const query = new URLSearchParams();
  if (place.view && place.view !== "ask") query.set("view", place.view);
  if (place.question) query.set("q", place.question);
  for (const name of ["map", "report", "document"]) if (place[name]) query.set(name, place[name]);
  if (place.document && place.sha256) query.set("sha256", place.sha256.slice(0, 12));
  const char = place.document && place.span ? `#char=${place.span.start},${place.span.end}` : "";
  return (query.size ? `/?${query}` : "/") + char;
}

export const linkTo = place => location.origin + urlOf(place);

export function change(changes) {
  history.replaceState(null, "", urlOf({ ...read(), ...changes }));
}

export function go(place) {
  if (urlOf(place) !== location.pathname + location.search + location.hash) history.pushState(null, "", urlOf(place));
  dispatchEvent(new PopStateEvent("popstate"));
}
