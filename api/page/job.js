// Watching work that the server does aside.

import { make } from "./dom.js";
import { events, send } from "./server.js";
import { say, sayOr } from "./words.js";

// Show a job in `box` until it ends; resolve to the job as it ended.
export async function watch(job, box) {
  let last = job;
  box.hidden = false;
  draw(last, box);
  try {
    for await (const [name, value] of events(`/jobs/${job.id}`, "job")) {
      last = name === "job" ? value : { ...last, ...value };
      draw(last, box);
    }
  } catch (problem) {
    box.hidden = true;
    throw problem;
  }
  return last;
}

function draw(job, box) {
  const running = job.status === "running";
  box.className = `job ${job.status}`;
  const bar = box.querySelector("progress") ?? make("progress", {});
  bar.hidden = !running;
  bar.setAttribute("aria-label", say(`job.${job.kind}`));
  if (job.total > 0) { bar.max = job.total; bar.value = job.done; } else bar.removeAttribute("value");
  const words = running ? sayOr(`job.${job.stage}`, job.stage || say("job.waiting")) : say(`job.${job.status}`);
  const counted = running && job.total > 1 ? ` ${job.done} / ${job.total}` : "";
  const cancel = make("button", { class: "plain", click: () => send(`/jobs/${job.id}`, { method: "DELETE" }) }, say("job.cancel"));
  box.replaceChildren(
    make("div", { class: "row" }, make("b", { role: "status" }, `${say(`job.${job.kind}`)} · ${words}`), make("small", {}, counted), running ? cancel : null),
    bar, ...remarks(job));
}

function remarks(job) {
  const problem = job.problem ? [make("p", { class: "wrong" }, job.problem.detail ?? String(job.problem))] : [];
  const built = job.result?.published ? [make("p", {}, say("job.built", { n: job.result.generation }))] : [];
  const left = (job.result?.problems ?? []).map(({ source, reason }) =>
    make("p", {}, make("small", {}, say("documents.problem", { source, reason }))));
  return [...problem, ...built, ...left];
}
