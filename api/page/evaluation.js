// Measuring: run a set of questions, watch it, read what came of it.

import { change, read } from "./address.js";
import { byId, make, tell } from "./dom.js";
import { watch } from "./job.js";
import { drawReport } from "./report.js";
import { get, post, send } from "./server.js";
import { say, time } from "./words.js";

let evaluations = [];
let report = null;  // { id, body }
let watching = false;
let turn = 0;

export async function showEvaluation({ report: id }) {
  const mine = ++turn;
  ({ evaluations } = await get("/evaluations"));
  draw();
  const running = evaluations.find(one => one.status === "running");
  if (running && !watching) follow(running);
  const wanted = id ?? evaluations.find(one => one.status === "succeeded")?.id;
  if (!wanted || wanted === report?.id) return;
  const body = await get(`/evaluations/${encodeURIComponent(wanted)}`);
  if (mine !== turn) return;
  report = { id: wanted, body };
  draw();
}

function draw() {
  byId("report").replaceChildren(...report ? drawReport(report.body, download) : []);
  byId("evaluations").replaceChildren(...evaluations.length ? evaluations.map(entry) : [make("li", { class: "lead" }, say("evaluation.none"))]);
}

function entry(job) {
  const when = time(job.created);
  const ready = job.status === "succeeded";
  const shown = job.id === report?.id ? make("span", { class: "badge" }, say("evaluation.shown")) : null;
  return make("li", { class: "entry" },
    make("span", { class: "names" }, make("span", { class: "name" }, when, shown)),
    ready ? make("a", { href: `/?view=evaluation&report=${encodeURIComponent(job.id)}`, "aria-label": say("evaluation.read", { when }) }, make("small", {}, say("evaluation.report")))
      : make("small", {}, job.status === "running" ? say("job.evaluate") : job.problem?.detail ?? say(`job.${job.status}`)));
}

async function download() {
  const path = `/evaluations/${encodeURIComponent(report.id)}`;
  const page = await (await send(path, { headers: { Accept: "text/html" } })).blob();
  const link = make("a", { href: URL.createObjectURL(page), download: `chuchu-${report.id}.html` });
  link.click();
  URL.revokeObjectURL(link.href);
}

async function follow(begun) {
  const job = await begun;
  watching = true;
  try {
    const ended = await watch(job, byId("evaluating"));
    const id = ended.status === "succeeded" ? ended.id : report?.id;
    if (read().view === "evaluation") change({ report: id });
    watching = false;
    await showEvaluation({ report: id });
  } finally {
    watching = false;
  }
}

const run = questions => follow(post("/evaluations", questions ? { questions } : {}));

async function own(file) {
  const lines = (await file.text()).split("\n");
  const questions = [];
  for (const [at, line] of lines.entries()) {
    if (!line.trim()) continue;
    try {
      questions.push(JSON.parse(line));
    } catch {
      return tell(say("evaluation.badline", { n: at + 1 }));
    }
  }
  return run(questions);
}

export function startEvaluation() {
  byId("evaluate").addEventListener("click", () => run(null));
  byId("questions").addEventListener("change", event => {
    const [file] = event.target.files;
    if (file) own(file);
    event.target.value = "";
  });
  addEventListener("language", draw);
}
