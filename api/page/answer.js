// Asking, and the answer as it comes: how sure, in what words, from where.

import { read } from "./address.js";
import { byId, icon, make } from "./dom.js";
import { remember } from "./remembered.js";
import { events } from "./server.js";
import { copy, openSource, whereOf } from "./source.js";
import { Text } from "./text.js";
import { number, say, sayOr } from "./words.js";

const WIDE = matchMedia("(min-width: 60.01rem)");
let shown = null;  // the answer, or as much of it as has come
let asking = null;

export const asked = () => shown?.question ?? null;

export async function ask(question) {
  asking?.abort();
  const mine = asking = new AbortController();
  shown = { question, citations: [], answer: "", done: false };
  begin();
  try {
    for await (const [name, value] of events("/ask", "answer", { question }, mine.signal)) {
      if (mine !== asking) return;
      await take(name, value);
    }
  } catch (problem) {
    if (mine === asking && problem.name !== "AbortError") fail(problem);
  }
}

function begin() {
  document.body.classList.add("asked");
  byId("begin").hidden = true;
  byId("answer").hidden = true;
  byId("answer").setAttribute("aria-busy", "true");
  tellStatus("ask.looking", "");
}

async function take(name, value) {
  if (name === "evidence") Object.assign(shown, value);
  else if (name === "text") shown.answer += value.text;
  else if (name === "withdraw") shown.answer = "";
  else if (name === "answer") Object.assign(shown, value, { done: true });
  const written = byId("answer").querySelector(".prose");
  if (written && (name === "text" || name === "withdraw")) written.replaceWith(prose());
  else drawAnswer();
  if (name !== "answer") return;
  byId("answer").removeAttribute("aria-busy");
  remember(shown.question, shown.status);
  const place = read();
  if (place.view !== "ask") return;  // whoever waited has gone elsewhere
  const citation = citedAt(place) ?? (WIDE.matches ? shown.citations[0] : null);
  if (citation) await open(citation, false);
}

// An answer that is whole stays, though a source of it cannot be opened.
function fail(problem) {
  byId("answer").removeAttribute("aria-busy");
  byId("answer").hidden = !shown?.done;
  byId("status").className = "wrong";
  byId("status").textContent = problem.message;
}

// Forget the answer that is shown, for a new start.
export function clearAnswer() {
  asking?.abort();
  asking = shown = null;
  document.body.classList.remove("asked");
  byId("answer").hidden = true;
  byId("begin").hidden = false;
  byId("question").value = "";
  tellStatus(null, "");
}

function tellStatus(key, kind, values) {
  byId("status").className = kind;
  byId("status").textContent = key ? say(key, values) : "";
}

function degree({ status, confidence }) {
  if (status === "abstained") return "none";
  return confidence >= 0.9 ? "high" : confidence >= 0.6 ? "middle" : "low";
}

function drawAnswer() {
  if (!shown?.status) return;
  const abstained = shown.status === "abstained";
  tellStatus(null, shown.status);
  byId("status").append(confidence());
  byId("answer").hidden = false;
  byId("answer").replaceChildren(...[
    abstained ? nearest() : prose(),
    note(),
    shown.citations.length ? sources(abstained || byModel()) : null,
    shown.done ? made() : null,
  ].filter(Boolean));
  showLit();
}

function confidence() {
  const words = say(`answer.${degree(shown)}`);
  const percent = Math.round(shown.confidence * 100);
  const bar = make("span", { class: "bar" }, make("span"));
  bar.firstChild.style.inlineSize = `${percent}%`;
  bar.setAttribute("aria-hidden", "true");
  return make("span", { class: `confidence ${degree(shown)}` },
    make("b", {}, words), bar, make("span", { class: "percent" }, `${say("answer.confidence")} ${percent}%`));
}

function nearest() {
  return make("p", { class: "nearest" }, say(shown.citations.length ? "answer.nearest" : "answer.nothing"));
}

function prose() {
  return make("div", { class: "prose", lang: "zh-CN" }, paragraphs().map(pieces => make("p", {}, pieces)));
}

const byModel = () => shown.mode === "llm" || !shown.done;

// A writer that only quotes is shown by its quotes: a document may itself say [1].
function paragraphs() {
  const all = byModel() ? [written()] : shown.citations.map(citation => [...lines(citation.quote), marker(citation)]);
  return all.map(tied);
}

// What a model wrote, sentence by sentence; those that their quotes do not bear out are marked.
function written() {
  const text = new Text(shown.answer);
  const pieces = [];
  let at = 0;
  for (const { start, end, supported } of shown.writing?.sentences ?? []) {
    pieces.push(...cited(text.slice(at, start)));
    const sentence = tied(cited(text.slice(start, end)));
    pieces.push(...supported ? sentence : [make("span", { class: "unsupported", title: say("answer.unsupported") }, sentence)]);
    at = end;
  }
  return [...pieces, ...cited(text.slice(at, text.points))];
}

// A number never begins a line: it stays with the character before it.
function tied(pieces) {
  const joined = [];
  for (const piece of pieces) {
    const before = joined.at(-1);
    const last = typeof before === "string" && piece.className === "marker" ? Array.from(before).at(-1) : null;
    if (last) joined.splice(-1, 1, before.slice(0, -last.length), make("span", { class: "tied" }, last, piece));
    else joined.push(piece);
  }
  return joined;
}

const lines = quote => quote.trim().split(/\s*\n\s*/).flatMap((line, n) => (n ? [make("br"), line] : [line]));

function cited(line) {
  return line.split(/(\[\d+\])/).map(piece => {
    const at = /^\[(\d+)\]$/.exec(piece);
    const citation = at && shown.citations.find(one => one.number === Number(at[1]));
    return citation ? marker(citation) : piece;
  });
}

function marker(citation) {
  const label = say("answer.open", { number: citation.number, quote: brief(citation.quote) });
  return make("button", { class: "marker", "data-number": citation.number, "aria-label": label, click: () => open(citation, true) },
    String(citation.number));
}

const brief = quote => {
  const characters = Array.from(quote.trim());
  return characters.length > 24 ? characters.slice(0, 24).join("") + "…" : characters.join("");
};

function note() {
  const { writing } = shown;
  if (writing?.failure) return make("p", { class: "nearest" }, say("answer.fallback", { reason: say(`answer.failure.${writing.failure}`) }));
  if (writing?.sentences.some(one => !one.supported)) return make("p", { class: "nearest" }, say("answer.unsupported.note"));
  return null;
}

function sources(withQuotes) {
  return make("section", { class: "sources" },
    make("h2", {}, say(shown.status === "abstained" ? "answer.closest" : "answer.sources")),
    make("ol", {}, shown.citations.map(citation => source(citation, withQuotes))));
}

function source(citation, withQuote) {
  const place = say("answer.place", { start: number(citation.start), end: number(citation.end) });
  const page = citation.page ? say("answer.page", { page: number(citation.page) }) : "";
  return make("li", {},
    make("button", { class: "card", "data-number": citation.number, "aria-pressed": "false", click: () => open(citation, true) },
      make("span", { class: "number" }, String(citation.number)),
      make("span", { class: "what" },
        withQuote ? make("q", { lang: "zh-CN" }, citation.quote.trim()) : null,
        make("span", { class: "title" }, whereOf(citation)),
        make("small", {}, [citation.document, page, place].filter(Boolean).join(" · ")))),
    make("button", { class: "icon", "aria-label": `${say("answer.copy")} ${citation.number}`, title: say("answer.copy"), click: () => copy(citation) }, icon("copy")));
}

function made() {
  const { provenance: by, timings_ms: timings } = shown;
  const rows = [
    ["answer.mode", sayOr(`answer.mode.${shown.mode}`, shown.mode) + (shown.mode === "llm" ? ` ${shown.writing.model}` : "")],
    ["answer.generation", say("answer.generation.n", { n: by.generation })],
    ["answer.embedder", by.embedder], ["answer.segmenter", by.segmenter], ["answer.ranker", by.ranker],
    ["answer.time", say("answer.ms", { n: number(timings.total) })],
  ];
  return make("details", { class: "made" }, make("summary", {}, say("answer.by")),
    make("dl", {}, rows.map(([key, value]) => [make("dt", {}, say(key)), make("dd", {}, value)])));
}

async function open(citation, focus) {
  const marks = shown.citations.filter(one => one.document === citation.document);
  try {
    await openSource({ ...citation, marks, lit: marks.indexOf(citation), strict: true, focus });
  } catch (problem) {
    fail(problem);
  }
}

const citedAt = ({ document, span }) => shown.citations.find(one =>
  one.document === document && one.start === span?.start && one.end === span?.end);

// Open what is cited at a place of the answer that is shown; say whether it cites that.
export async function reopen(place) {
  const citation = place.question === shown?.question ? citedAt(place) : null;
  if (citation) await open(citation, false);
  return Boolean(citation);
}

function showLit() {
  for (const element of byId("answer").querySelectorAll("[data-number]")) {
    const lit = Number(element.dataset.number) === shown.lit;
    element.classList.toggle("lit", lit);
    if (element.matches(".card")) element.setAttribute("aria-pressed", String(lit));
  }
}

export function startAnswer() {
  addEventListener("lit", ({ detail: mark }) => {
    if (!shown) return;
    shown.lit = mark && shown.citations.some(one => one.document === mark.document) ? mark.number : null;
    showLit();
  });
  addEventListener("language", drawAnswer);
}
