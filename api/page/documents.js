// The documents that can be asked, how to add some, and the generations of their index.

import { byId, make, tell } from "./dom.js";
import { watch } from "./job.js";
import { get, post, send } from "./server.js";
import { number, say, time } from "./words.js";

const FEW = 12, MOST = 200;  // documents: with more, they can be searched; beyond these, they have to be
let documents = [];
let generations = [];
let watching = false;

export async function showDocuments() {
  await refresh();
  const { jobs } = await get("/jobs");
  const running = jobs.find(job => job.kind === "rebuild" && job.status === "running");
  if (running && !watching) follow(running);
}

async function refresh() {
  const [index, ...lists] = await Promise.all([get("/index"), get("/documents"), get("/index/generations")]);
  [{ documents }, { generations }] = lists;
  byId("documents-warning").textContent = index.warning ?? "";
  drawAll();
}

function drawAll() {
  byId("documents-count").textContent = say("documents.count", { n: number(documents.length) });
  byId("documents-filter").hidden = documents.length <= FEW;
  drawDocuments();
  byId("generations").replaceChildren(...generations.map(generation));
}

function drawDocuments() {
  const wanted = byId("documents-filter").value.trim().toLowerCase();
  const found = documents.filter(one => `${one.title}\n${one.id}`.toLowerCase().includes(wanted));
  const rest = found.length - MOST;
  byId("documents").replaceChildren(...found.slice(0, MOST).map(entry),
    ...rest > 0 ? [make("li", { class: "lead" }, say("documents.rest", { n: number(rest) }))] : []);
}

function entry({ id, title, characters, about }) {
  const told = [id, about.author, say("documents.characters", { n: number(characters) })].filter(Boolean).join(" · ");
  const query = name => `/?view=${name}&${new URLSearchParams({ [name === "map" ? "map" : "document"]: id })}`;
  return make("li", { class: "entry" },
    make("span", { class: "names" },
      make("a", { href: query("documents"), "aria-label": say("documents.read", { title }) }, title), make("small", {}, told)),
    make("a", { href: query("map"), "aria-label": `${say("documents.map")}：${title}` }, make("small", {}, say("documents.map"))));
}

const CHANGES = ["added", "edited", "renamed", "removed"];

function generation(one) {
  const badge = one.in_service ? "generations.now" : one.published || one.problem ? null : "generations.held";
  const back = make("button", { class: "plain", click: () => rollBack(one.number) }, say("generations.back"));
  return make("li", { class: "entry" },
    make("span", { class: "names" },
      make("span", { class: "name" }, say("generations.n", { n: one.number }), badge ? make("span", { class: "badge" }, say(badge)) : null),
      make("small", {}, one.problem ?? contentOf(one))),
    one.in_service || one.problem ? null : back);
}

function contentOf({ created, counts, changes, note }) {
  const told = Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, number(n)]));
  const changed = CHANGES.filter(name => changes[name]).map(name => say(`generations.${name}`, { n: number(changes[name]) }));
  return [time(created), say("generations.counts", told), ...changed, note].filter(Boolean).join(" · ");
}

async function rollBack(n) {
  await post("/index/rollback", { generation: n });
  await until(n);
  tell(say("generations.done", { n }));
  await refresh();
}

// Every worker of the server looks for itself which generation is in service.
async function until(n) {
  for (let again = 0; again < 25 && (await get("/index")).generation !== n; again += 1)
    await new Promise(resolve => setTimeout(resolve, 200));
}

async function follow(begun) {
  const job = await begun;
  watching = true;
  try {
    const ended = await watch(job, byId("building"));
    if (ended.status === "succeeded" && ended.result?.generation) await until(ended.result.generation);
    await refresh();
  } finally {
    watching = false;
  }
}

function upload(files) {
  const kinds = byId("files").accept.split(",");
  const unknown = files.filter(file => !kinds.some(kind => file.name.toLowerCase().endsWith(kind))).map(file => file.name);
  if (unknown.length) return tell(say("documents.unsupported", { names: unknown.join("、") }));
  if (!files.length) return undefined;
  const form = new FormData();
  for (const file of files) form.append("files", file);
  return follow(send("/documents", { method: "POST", body: form }).then(response => response.json()));
}

export function startDocuments() {
  const drop = byId("drop");
  for (const name of ["dragover", "dragleave", "drop"])
    drop.addEventListener(name, event => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
    });
  drop.addEventListener("drop", event => upload([...event.dataTransfer.files]));
  byId("files").addEventListener("change", event => {
    upload([...event.target.files]);
    event.target.value = "";
  });
  byId("url").addEventListener("submit", event => {
    event.preventDefault();
    follow(post("/documents", { url: byId("url-value").value }).then(job => {
      byId("url-value").value = "";
      return job;
    }));
  });
  byId("documents-filter").addEventListener("input", drawDocuments);
  byId("rebuild").addEventListener("click", () => follow(post("/index/rebuild", {})));
  addEventListener("language", drawAll);
}
