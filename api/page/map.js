// The concepts of a document, seen: what they are, where they stand, and which go together.

import { change, read } from "./address.js";
import { byId, draw, make } from "./dom.js";
import { layOut } from "./layout.js";
import { get } from "./server.js";
import { openSource, textOf } from "./source.js";
import { number, say } from "./words.js";

const GUTTER = 34, NARROW = 480, LINKS = 70, SECTIONS = 12, AROUND = 18;
const SERIF = '"Noto Serif CJK SC", "Songti SC", STSong, SimSun, serif';
const WIDE = matchMedia("(min-width: 60.01rem)");
const pen = document.createElement("canvas").getContext("2d");

let documents = [];
let shown = null;  // the answer of /terms
let chosen = null;  // the index of a term
let boxes = [];
let width = 0;
let turn = 0;

export async function showMap({ map }) {
  const mine = ++turn;
  ({ documents } = await get("/documents"));
  const { id, sha256 } = documents.find(one => one.id === map) ?? documents[0] ?? {};
  byId("map-document").replaceChildren(...documents.map(one =>
    make("option", { value: one.id, selected: one.id === id }, one.title)));
  byId("map-choice").hidden = documents.length < 2;
  if (id && !(shown?.document === id && shown.sha256 === sha256)) {
    const found = await get(`/terms?${new URLSearchParams({ document: id })}`);
    if (mine !== turn) return;
    shown = found;
    chosen = null;
  }
  drawMap();
}

function sections() {
  const levels = [1, 2, 3, 4, 5, 6].map(level => shown.outline.filter(one => one.level <= level));
  const heads = levels.filter(found => found.length <= SECTIONS).at(-1) ?? [];
  return [{ title: say("map.start"), start: 0 }, ...heads];
}

const sectionOf = (place, all) => all.findLastIndex(section => section.start <= place[0]);

function commonest(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0][0];
}

function short(words, most) {
  const characters = Array.from(words);
  return characters.length > most ? characters.slice(0, most - 1).join("") + "…" : words;
}

function measure(words, size) {
  pen.font = `${size}px ${SERIF}`;
  return pen.measureText(words).width;
}

function boxOf(term, most, all) {
  const size = Math.round((width < NARROW ? 12 + 5 * Math.sqrt(term.count / most) : 14 + 9 * Math.sqrt(term.count / most)));
  const name = short(term.name, 22);
  const other = term.others.length ? short(term.others[0], 24) : "";
  const section = commonest(term.places.map(place => sectionOf(place, all)));
  const inside = term.places.filter(place => sectionOf(place, all) === section);
  return {
    term, name, other, size, section, at: inside[0][0],
    width: Math.max(measure(name, size), measure(other, 11.5), 44) + 24,
    height: size * 1.35 + (other ? 15 : 0) + 20,
  };
}

function drawMap() {
  width = byId("map").clientWidth;
  if (!shown || !width) return;
  if (!shown.terms.length) {
    byId("map").replaceChildren(make("p", { class: "lead" }, say("map.empty")));
    return byId("term").replaceChildren();
  }
  const all = sections();
  const most = shown.terms[0].count;
  boxes = shown.terms.map(term => boxOf(term, most, all));
  const links = shown.links.slice(0, LINKS);
  const { bands, height } = layOut(boxes, links, GUTTER, width - GUTTER);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `${say("map")}：${shown.title}`, keydown: move },
    bands.map(band => bandOf(band, all)), links.map(linkOf), boxes.map(termOf));
  byId("map").replaceChildren(svg);
  mark();
  drawTerm();
}

function bandOf({ section, y, height }, all) {
  const title = all[section].title;
  return draw("g", {},
    draw("rect", { class: "section", x: 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 8 }),
    draw("text", { class: "section-title", x: 18, y: y + 14 }, short(title, Math.max(2, Math.floor((height - 24) / 15.5))), draw("title", {}, title)));
}

function linkOf({ one, other, count }) {
  const [a, b] = [boxes[one], boxes[other]].map(box => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 }));
  const level = Math.abs(a.y - b.y) < 20;
  const bend = level ? { x: (a.x + b.x) / 2, y: a.y - 46 - Math.abs(a.x - b.x) / 12 } : { x: (a.x + b.x) / 2 + (b.y - a.y) / 8, y: (a.y + b.y) / 2 };
  return draw("path", { class: "link", d: `M${a.x} ${a.y}Q${bend.x} ${bend.y} ${b.x} ${b.y}`, "stroke-width": 0.8 + Math.min(count, 6) * 0.6, "data-ends": `${one} ${other}` });
}

function termOf({ term, name, other, size, x, y, width: wide, height }, index) {
  const middle = wide / 2, axis = height - 9, from = 12, long = wide - 24;
  const ticks = term.places.map(([start]) => {
    const at = from + long * start / Math.max(shown.characters, 1);
    return `M${at.toFixed(1)} ${axis - 4}v8`;
  }).join("");
  const label = [say("map.term", { name: term.name, count: number(term.count) }), ...term.others].join("，");
  return draw("g", { class: "term", transform: `translate(${x} ${y})`, role: "button", tabindex: -1, "aria-label": label, "aria-pressed": "false", "data-index": index, click: () => choose(index) },
    draw("rect", { width: wide, height }),
    draw("text", { x: middle, y: size * 1.25, "font-size": size, "font-weight": term.count > 4 ? 700 : 400 }, name),
    other ? draw("text", { class: "other", x: middle, y: size * 1.25 + 16, "font-size": 11.5 }, other) : null,
    draw("path", { class: "axis", d: `M${from} ${axis}h${long}` }),
    draw("path", { class: "place", d: ticks }),
    term.others.length ? draw("title", {}, label) : null);
}

const nodes = () => [...byId("map").querySelectorAll(".term")];

// Show which is chosen and what goes with it; one term can be reached by Tab, the others by arrows.
function mark(reach = chosen ?? 0) {
  const near = new Set();
  for (const path of byId("map").querySelectorAll(".link")) {
    const ends = path.dataset.ends.split(" ").map(Number);
    const joined = chosen !== null && ends.includes(chosen);
    path.classList.toggle("near", joined);
    if (joined) for (const end of ends) near.add(end);
  }
  byId("map").firstChild.classList.toggle("some", chosen !== null);
  for (const [index, node] of nodes().entries()) {
    node.classList.toggle("chosen", index === chosen);
    node.classList.toggle("near", near.has(index));
    node.setAttribute("aria-pressed", String(index === chosen));
    node.setAttribute("tabindex", index === reach ? 0 : -1);
  }
}

function move(event) {
  const at = nodes().indexOf(document.activeElement);
  if (at < 0) return;
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (event.key === "Enter" || event.key === " ") choose(at);
  else if (event.key in ways) {
    const next = towards(at, ...ways[event.key]);
    if (next >= 0) { mark(next); nodes()[next].focus(); }
  } else return;
  event.preventDefault();
}

// The nearest box that way; what lies aside counts more than what lies ahead.
function towards(from, right, down) {
  const middle = box => [box.x + box.width / 2, box.y + box.height / 2];
  const [x, y] = middle(boxes[from]);
  let best = -1, least = Infinity;
  for (const [index, box] of boxes.entries()) {
    const [dx, dy] = [middle(box)[0] - x, middle(box)[1] - y];
    const ahead = dx * right + dy * down;
    const far = ahead + 3 * Math.abs(dx * down + dy * right);
    if (index !== from && ahead > 8 && far < least) [best, least] = [index, far];
  }
  return best;
}

async function choose(index) {
  chosen = index;
  mark();
  await drawTerm();
  if (WIDE.matches) await openAt(0, false);
  else byId("term").scrollIntoView({ block: "nearest" });
}

const openAt = (lit, focus) => {
  const marks = shown.terms[chosen].places.map(([start, end]) => ({ start, end }));
  return openSource({ document: shown.document, sha256: shown.sha256, marks, lit, focus });
};

async function drawTerm() {
  if (chosen === null) return byId("term").replaceChildren(make("p", {}, say("map.choose")));
  const term = shown.terms[chosen];
  const { text } = await textOf(shown.document);
  if (term !== shown.terms[chosen]) return;
  const near = shown.links.filter(({ one, other }) => one === chosen || other === chosen).slice(0, 8)
    .map(({ one, other }) => one === chosen ? other : one);
  byId("term").replaceChildren(
    make("h2", {}, term.name),
    make("p", { role: "status" }, [say("map.places", { count: number(term.count) }), term.others.length ? `${say("map.also")} ${term.others.join(" / ")}` : ""].filter(Boolean).join(" · ")),
    ...near.length ? [make("p", {}, say("map.near"), ...near.map(index =>
      make("button", { class: "plain", click: () => choose(index) }, shown.terms[index].name)))] : [],
    make("ul", {}, term.places.slice(0, 60).map(([start, end], lit) => make("li", {},
      make("button", { lang: "zh-CN", click: () => openAt(lit, true) },
        make("span", {}, ...around(text, start, end)))))));
}

function around(text, start, end) {
  const flat = words => words.replace(/\s+/g, " ");
  const from = Math.max(0, start - AROUND), to = Math.min(text.points, end + 2 * AROUND);
  return [from ? "…" : "", flat(text.slice(from, start)), make("em", {}, text.slice(start, end)), flat(text.slice(end, to)), to < text.points ? "…" : ""];
}

export function startMap() {
  byId("map-document").addEventListener("change", async event => {
    change({ map: event.target.value });
    await showMap(read());
  });
  new ResizeObserver(() => {
    if (byId("map").clientWidth === width) return;
    const at = nodes().indexOf(document.activeElement);
    drawMap();
    if (at >= 0) nodes()[at].focus();
  }).observe(byId("map"));
  addEventListener("language", drawMap);
}
