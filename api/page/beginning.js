// Where to begin: questions that these documents answer, and those asked before.

import { go } from "./address.js";
import { byId, make, tell } from "./dom.js";
import { asked, forget } from "./remembered.js";
import { get } from "./server.js";
import { say, sayOr } from "./words.js";

const SHOWN = 6;
let examples = [];
let first = 0;

export async function drawBeginning() {
  drawHistory();
  examples = varied((await get("/examples")).examples);
  drawExamples();
}

// One of each kind, then another of each.
function varied(list) {
  const kinds = Map.groupBy ? [...Map.groupBy(list, one => one.kind).values()] : [list];
  const most = Math.max(0, ...kinds.map(kind => kind.length));
  return Array.from({ length: most }, (_, n) => kinds.map(kind => kind[n]).filter(Boolean)).flat();
}

function drawExamples() {
  const chosen = Array.from({ length: Math.min(SHOWN, examples.length) }, (_, n) => examples[(first + n) % examples.length]);
  byId("question").placeholder = chosen[0]?.question ?? say("ask.question");
  byId("examples").hidden = chosen.length === 0;
  byId("more").hidden = examples.length <= SHOWN;
  byId("examples").querySelector("ul").replaceChildren(...chosen.map(({ question, kind }) =>
    item(question, sayOr(`kind.${kind}`, kind))));
}

function drawHistory() {
  const list = asked();
  byId("history").hidden = list.length === 0;
  byId("history").querySelector("ul").replaceChildren(...list.slice(0, 12).map(({ question, status }) =>
    item(question, status === "abstained" ? say("answer.none") : "")));
}

function item(question, remark) {
  return make("li", {}, make("button", { class: "question", click: () => go({ view: "ask", question }) },
    make("span", {}, question), remark ? make("small", {}, remark) : null));
}

export function startBeginning() {
  byId("more").addEventListener("click", () => {
    first = (first + SHOWN) % examples.length;
    drawExamples();
  });
  byId("forget").addEventListener("click", () => {
    forget();
    drawHistory();
    tell(say("ask.forgotten"));
    byId("question").focus();
  });
  addEventListener("language", () => { drawExamples(); drawHistory(); });
}
