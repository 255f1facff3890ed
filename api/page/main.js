// Which view is shown, as the address says.

import { go, read } from "./address.js";
import { ask, asked, clearAnswer, reopen, startAnswer } from "./answer.js";
import { startBeginning, drawBeginning } from "./beginning.js";
import { showDocuments, startDocuments } from "./documents.js";
import { byId, icon, tell } from "./dom.js";
import { showEvaluation, startEvaluation } from "./evaluation.js";
import { showMap, startMap } from "./map.js";
import { Problem } from "./server.js";
import { closeSource, isOpen, openSource, startSource } from "./source.js";
import { startTheme } from "./theme.js";
import { say, sayAll, switchLanguage } from "./words.js";

const VIEWS = { ask: showAsk, documents: showDocuments, map: showMap, evaluation: showEvaluation };

async function show() {
  const place = read();
  const view = place.view in VIEWS ? place.view : "ask";
  for (const name in VIEWS) byId(`view-${name}`).hidden = name !== view;
  document.body.dataset.view = view;
  nameTab();
  for (const link of document.querySelectorAll("nav a"))
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  byId("trouble").textContent = "";
  try {
    await Promise.all([VIEWS[view](place), showSource(place)]);
  } catch (problem) {
    byId("trouble").textContent = problem.message;
  }
}

function nameTab() {
  const { view, question } = read();
  document.title = [view === "ask" && question, say("title")].filter(Boolean).join(" · ");
}

async function showSource(place) {
  const { document: id, sha256, span } = place;
  if (id && place.view === "ask" && await reopen(place)) return;
  if (id) await openSource({ document: id, sha256, marks: span ? [span] : [], lit: span ? 0 : null });
  else if (isOpen()) closeSource();
}

async function showAsk({ question }) {
  if (!question) {
    if (asked()) clearAnswer();
    await drawBeginning();
  } else if (question !== asked()) {
    byId("question").value = question;
    await ask(question);
  }
}

function startAsking() {
  byId("ask").addEventListener("submit", event => {
    event.preventDefault();
    const question = byId("question").value;
    if (question === asked()) ask(question);
    else go({ view: "ask", question });
  });
}

// Links of the page itself change the view without loading it anew.
function startLinks() {
  document.addEventListener("click", event => {
    const link = event.target.closest("a[href^='/']");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || link.hasAttribute("download")) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    show();
    scrollTo(0, 0);
  });
}

// What a click began and nobody waits for is told here, where the server refuses it.
function startTelling() {
  addEventListener("unhandledrejection", event => {
    if (!(event.reason instanceof Problem)) return;
    event.preventDefault();
    tell(event.reason.message);
  });
}

sayAll();
for (const button of document.querySelectorAll("[data-icon]")) button.append(icon(button.dataset.icon));
startTelling();
startTheme();
startSource();
startAnswer();
startBeginning();
startAsking();
startDocuments();
startMap();
startEvaluation();
startLinks();
byId("language").addEventListener("click", switchLanguage);
addEventListener("language", nameTab);
addEventListener("popstate", show);
show();
