// A report of an evaluation: figures with their intervals, kinds, and the questions to look at.

import { make } from "./dom.js";
import { openSource } from "./source.js";
import { number, say, sayOr } from "./words.js";

const FIGURES = ["recall@3", "recall@1", "answer@3", "answered_share", "false_answer_rate"];
const WORST = 8;

const figure = value => value.toFixed(3);
const percent = value => `${100 * Math.max(0, Math.min(1, value))}%`;

export function drawReport(report, download) {
  const { questions, answerable, about } = report;
  const told = [say("evaluation.of", { questions: number(questions), answerable: number(answerable) }),
    about.generation ? say("generations.n", { n: about.generation }) : ""].filter(Boolean).join(" · ");
  return [
    make("h2", {}, say("evaluation.report")),
    make("p", { class: "lead" }, told),
    make("dl", { class: "figures" }, FIGURES.filter(name => name in report.metrics).map(name => estimate(name, report.metrics[name]))),
    make("h2", {}, say("evaluation.kinds")),
    kinds(report),
    ...missed("evaluation.worst", report.scores.filter(one => one.answerable && (one.metrics["recall@3"] ?? 1) < 1)
      .sort((a, b) => a.metrics["recall@3"] - b.metrics["recall@3"] || b.confidence - a.confidence)),
    ...missed("evaluation.misled", report.scores.filter(one => one.answered && !one.answerable).sort((a, b) => b.confidence - a.confidence)),
    make("p", {}, make("button", { click: download }, say("evaluation.download"))),
  ];
}

function estimate(name, { value, low, high }) {
  const span = make("i"), point = make("u");
  span.style.left = percent(low);
  span.style.width = percent(high - low);
  point.style.left = percent(value);
  return make("div", {},
    make("dt", {}, say(`metric.${name}`), " ", make("small", {}, name)),
    make("dd", {}, make("b", {}, figure(value)), make("span", { class: "interval", "aria-hidden": "true" }, span, point),
      make("small", {}, say("evaluation.interval", { low: figure(low), high: figure(high) }))));
}

function kinds({ kinds }) {
  const columns = ["recall@3", "answered_share", "false_answer_rate"];
  const head = [say("evaluation.kind"), say("evaluation.n"), ...columns.map(name => say(`metric.${name}`))];
  const rows = Object.entries(kinds).map(([kind, group]) => [sayOr(`kind.${kind}`, kind), number(group.questions),
    ...columns.map(name => name in group.metrics ? figure(group.metrics[name].value) : "–")]);
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say("evaluation.kinds") }, make("table", {},
    make("thead", {}, make("tr", {}, head.map(words => make("th", { scope: "col" }, words)))),
    make("tbody", {}, rows.map(row => make("tr", {}, row.map(words => make("td", {}, words)))))));
}

function missed(title, scores) {
  if (!scores.length) return [];
  return [make("h2", {}, say(title), " ", make("small", {}, number(scores.length))), ...scores.slice(0, WORST).map(score)];
}

function score(one) {
  return make("article", { class: "missed" },
    make("h3", {}, make("a", { href: `/?${new URLSearchParams({ q: one.question })}`, lang: "zh-CN" }, one.question),
      make("small", {}, `${sayOr(`kind.${one.kind}`, one.kind)} · ${say("answer.confidence")} ${Math.round(one.confidence * 100)}%`)),
    make("dl", {},
      make("dt", {}, say("evaluation.expected")), one.expected.length ? one.expected.map(quoted) : make("dd", {}, say("answer.none")),
      make("dt", {}, say("evaluation.cited")), one.answered ? one.citations.map(quoted) : make("dd", {}, say("answer.none"))));
}

function quoted({ document, start, end, text }) {
  const open = () => openSource({ document, marks: [{ start, end }], lit: 0, focus: true });
  return make("dd", { lang: "zh-CN" }, make("button", { class: "plain", click: open }, text));
}
