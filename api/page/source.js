// The source beside the answer: its text in blocks, what is quoted marked, one mark lit.

import { change, linkTo } from "./address.js";
import { byId, make, tell } from "./dom.js";
import { get, pathOf, Problem, send } from "./server.js";
import { drawStrip, showWindow } from "./strip.js";
import { Text } from "./text.js";
import { number, say } from "./words.js";

const KEPT = 6;
const texts = new Map();  // by sha256, the last opened last
let open = null;  // { document, title, sha256, text, marks, blocks, lit }
let turn = 0;
let opener = null;

export async function textOf(id) {
  const response = await send(`${pathOf(id)}/text`, { headers: { Accept: "text/plain" } });
  const sha256 = response.headers.get("ETag").replace(/^W\/|"/g, "");
  const text = texts.get(sha256) ?? new Text(await response.text());
  texts.delete(sha256);
  texts.set(sha256, text);
  if (texts.size > KEPT) texts.delete(texts.keys().next().value);
  return { sha256, text };
}

// Open a document with marks {start, end, number?}; `lit` is the index of the one to light, or null.
// `sha256` is of the text that the marks were made for; `strict` refuses another, else a notice says so.
export async function openSource({ document, sha256, marks = [], lit = null, strict = false, focus = false }) {
  const mine = ++turn;
  opener = focus ? globalThis.document.activeElement : null;
  if (!(open?.document === document && open.sha256 === sha256)) {
    show(true);
    byId("source").setAttribute("aria-busy", "true");
    try {
      const [found, detail] = await Promise.all([textOf(document), get(pathOf(document))]);
      if (mine !== turn) return;
      if (strict && found.sha256 !== sha256) throw new Problem(409, { detail: say("source.renewed") });
      open = { document, title: detail.title, outline: detail.outline, ...found };
    } catch (problem) {
      if (mine === turn) closeSource();
      throw problem;
    } finally {
      byId("source").removeAttribute("aria-busy");
    }
  }
  show(true);
  const changed = sha256 && !open.sha256.startsWith(sha256);
  open.marks = marks.filter(mark => mark.start < mark.end && mark.end <= open.text.points).sort((a, b) => a.start - b.start);
  notice(open.marks.length < marks.length ? "source.outside" : changed ? "source.changed" : null);
  open.lit = open.marks.indexOf(marks[lit]);
  drawHead();
  drawText();
  light(open.lit, focus);
}

export function closeSource(refocus = false) {
  turn += 1;
  open = null;
  show(false);
  change({ document: null, sha256: null, span: null });
  dispatchEvent(new CustomEvent("lit", { detail: null }));
  if (refocus) opener?.focus();
}

export const isOpen = () => !byId("source").hidden;

function show(shown) {
  byId("source").hidden = !shown;
  globalThis.document.body.classList.toggle("beside", shown);
  cover();
}

// On a narrow screen the source lies over everything else, which must not be reached behind it.
const narrow = matchMedia("(max-width: 60rem)");

function cover() {
  const covered = narrow.matches && !byId("source").hidden;
  for (const each of globalThis.document.querySelectorAll(".skip, header, #main")) each.inert = covered;
}

function notice(key) {
  byId("source-notice").hidden = key === null;
  byId("source-notice").textContent = key ? say(key) : "";
}

function drawHead() {
  byId("source-title").textContent = open.title;
  const items = open.outline.map(heading => make("li", { class: `level-${heading.level}` },
    make("button", { class: "plain", click: () => scrollTo(heading.start) }, heading.title)));
  byId("source-outline").hidden = items.length === 0;
  byId("source-outline").open = false;
  byId("source-outline").querySelector("ol").replaceChildren(...items);
}

function drawText() {
  const { text, marks, outline } = open;
  const spans = [
    ...marks.map((mark, index) => ({ mark: index, start: text.unit(mark.start), end: text.unit(mark.end) })),
    ...outline.map(heading => ({ level: heading.level, start: text.unit(heading.start), end: text.unit(heading.end) })),
  ].sort((a, b) => a.start - b.start);
  let start = 0, next = 0, reaching = [];
  open.blocks = text.blocks().map(end => {
    while (next < spans.length && spans[next].start < end) reaching.push(spans[next++]);
    reaching = reaching.filter(span => span.end > start);
    const element = make("div", { class: "block" }, pieces(text.string, start, end, reaching));
    element.style.containIntrinsicSize = `auto ${Math.ceil((end - start) / 26) * 32}px`;
    const block = { element, start, end };
    start = end;
    return block;
  });
  byId("text").replaceChildren(...open.blocks.map(block => block.element));
  drawStrip(open, index => light(index, false), scrollToUnit);
  showWindow(open);
}

// Part a block where a span begins or ends; spans may overlap.
function pieces(string, start, end, spans) {
  const cuts = [...new Set([start, end, ...spans.flatMap(span => [span.start, span.end])])]
    .filter(cut => cut >= start && cut <= end).sort((a, b) => a - b);
  return cuts.slice(1).map((cut, n) => {
    const over = spans.filter(span => span.start <= cuts[n] && span.end >= cut);
    return dress(string.slice(cuts[n], cut), over, cuts[n]);
  });
}

function dress(words, over, at) {
  const heading = over.find(span => span.level);
  const marked = over.filter(span => span.mark !== undefined);
  let node = words;
  if (marked.length) {
    node = make("mark", { "data-marks": marked.map(span => span.mark).join(" ") }, words);
    const first = marked.find(span => span.start === at);
    if (first && open.marks[first.mark].number) node.dataset.number = open.marks[first.mark].number;
  }
  if (!heading) return node;
  return make("span", { class: "heading", role: "heading", "aria-level": Math.min(heading.level + 2, 6) }, node);
}

// Light one of the marks and show it; null or -1 for none.
export function light(index, focus) {
  const mark = open.marks[index];
  open.lit = mark ? index : -1;
  let first = null;
  for (const element of byId("text").querySelectorAll("mark")) {
    const lit = element.dataset.marks.split(" ").includes(String(index));
    element.classList.toggle("lit", lit);
    element.removeAttribute("tabindex");
    if (lit) first ??= element;
  }
  byId("source-steps").hidden = open.marks.length < 2;
  byId("source-at").textContent = say("source.at", { n: mark ? number(index + 1) : "–", all: number(open.marks.length) });
  byId("source-copy").hidden = !mark;
  for (const [n, tick] of [...byId("strip").querySelectorAll(".tick")].entries()) tick.classList.toggle("lit", n === index);
  byId("source-heading").textContent = mark ? headingsAt(mark.start).filter(one => one !== open.title).join(" › ") : "";
  change({ document: open.document, sha256: open.sha256, span: mark ? { start: mark.start, end: mark.end } : null });
  dispatchEvent(new CustomEvent("lit", { detail: mark ? { ...mark, document: open.document } : null }));
  if (!first) {
    byId("text").scrollTop = 0;
    if (focus) byId("source-title").focus();
    return;
  }
  first.tabIndex = -1;
  centre(first);
  if (focus) first.focus({ preventScroll: true });
}

function headingsAt(point) {
  const path = [];
  for (const heading of open.outline.filter(one => one.start <= point)) {
    while (path.length && path.at(-1).level >= heading.level) path.pop();
    path.push(heading);
  }
  return path.map(heading => heading.title);
}

// Blocks on the way take their true height only when they are shown: look again until it stays.
function centre(element, again = 8) {
  const pane = byId("text").getBoundingClientRect();
  const place = element.getBoundingClientRect();
  const off = place.top - pane.top - pane.height * 0.33;
  byId("text").scrollTop += off;
  if (again && Math.abs(off) > 2) requestAnimationFrame(() => element.isConnected && centre(element, again - 1));
}

function scrollTo(point) {
  scrollToUnit(open.text.unit(point));
}

function scrollToUnit(unit) {
  const block = open.blocks.find(one => unit < one.end) ?? open.blocks.at(-1);
  let before = block.start;
  const node = [...block.element.childNodes].find(one => (before += one.textContent.length) > unit) ?? block.element.lastChild;
  const range = globalThis.document.createRange();
  const within = node.nodeType === Node.TEXT_NODE ? unit - (before - node.length) : 0;
  range.setStart(node, Math.max(0, Math.min(within, node.length ?? 0)));
  centre({ getBoundingClientRect: () => range.getBoundingClientRect(), isConnected: true });
}

function step(by) {
  const all = open.marks.length;
  light(open.lit < 0 ? 0 : (open.lit + by + all) % all, true);
}

// Where a quote stands; the first heading of a document may be its title.
export const whereOf = ({ title, heading }) => [...new Set([title, ...heading])].join(" › ");

export async function copy({ document, title, heading = [], sha256, start, end, quote }) {
  const link = linkTo({ document, sha256, span: { start, end } });
  const words = `“${quote.trim()}”\n——${whereOf({ title, heading })}\n${link}`;
  tell(say(await put(words) ? "answer.copied" : "answer.notcopied"));
}

async function put(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    // Without https there is no clipboard, but the old command still works.
    const area = make("textarea", { class: "aside" }, words);
    globalThis.document.body.append(area);
    area.select();
    const done = globalThis.document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function startSource() {
  byId("source-close").addEventListener("click", () => closeSource(true));
  byId("source-previous").addEventListener("click", () => step(-1));
  byId("source-next").addEventListener("click", () => step(1));
  byId("source-copy").addEventListener("click", () => {
    const mark = open.marks[open.lit];
    copy({ ...open, ...mark, heading: headingsAt(mark.start), quote: open.text.slice(mark.start, mark.end) });
  });
  byId("source").addEventListener("keydown", event => { if (event.key === "Escape") closeSource(true); });
  let waiting = false;
  byId("text").addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; if (open?.blocks) showWindow(open); });
  });
  narrow.addEventListener("change", cover);
}
