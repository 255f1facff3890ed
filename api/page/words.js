// What the page says, in both languages side by side.

import { ofBrowser } from "./store.js";

const WORDS = {
  "title": ["出处 chuchu", "chuchu 出处"],
  "skip": ["跳到内容", "Skip to content"],
  "nav": ["栏目", "Sections"],
  "nav.ask": ["提问", "Ask"],
  "nav.documents": ["文献", "Documents"],
  "nav.map": ["概念图", "Concepts"],
  "nav.evaluation": ["评测", "Evaluation"],
  "language": ["English", "中文"],
  "theme": ["换明暗：现在{name}", "Theme: {name}"],
  "theme.auto": ["随系统", "system"],
  "theme.light": ["明", "light"],
  "theme.dark": ["暗", "dark"],
  "close": ["关闭", "Close"],

  "ask.motto": ["每一句，都有出处", "Every sentence has its source"],
  "ask.promise": ["向文档提问。答案用原文的句子写成，点一下就看见它在文中的位置；文中没有的，会直说没有。",
    "Ask your documents. Answers are made of their own sentences, one click from where they stand; what the documents do not say, you are told so."],
  "ask.question": ["问题", "Question"],
  "ask.go": ["提问", "Ask"],
  "ask.examples": ["试着问", "Try asking"],
  "ask.more": ["换一批", "Others"],
  "ask.history": ["问过的", "Asked before"],
  "ask.forget": ["清除", "Clear"],
  "ask.forgotten": ["问过的问题已从这个浏览器清除", "The questions were cleared from this browser"],
  "ask.looking": ["正在文中查找…", "Looking in the documents…"],

  "answer": ["答案", "Answer"],
  "answer.confidence": ["把握", "Confidence"],
  "answer.high": ["很有把握", "Very confident"],
  "answer.middle": ["较有把握", "Fairly confident"],
  "answer.low": ["把握不大，请看原文", "Not very confident; see the source"],
  "answer.none": ["文中没有", "Not in the documents"],
  "answer.nearest": ["文档没有回答这个问题。下面只是最接近的内容，不是答案。", "The documents do not answer this. What follows only comes nearest; it is no answer."],
  "answer.closest": ["最接近的内容", "What comes nearest"],
  "answer.nothing": ["文档里没有与这个问题有关的内容。", "The documents hold nothing about this."],
  "answer.sources": ["出处", "Sources"],
  "answer.place": ["第 {start}–{end} 字", "characters {start}–{end}"],
  "answer.page": ["第 {page} 页", "page {page}"],
  "answer.open": ["打开出处 {number}：{quote}", "Open source {number}: {quote}"],
  "answer.copy": ["复制引文与链接", "Copy quote and link"],
  "answer.copied": ["已复制引文与链接", "Copied the quote and its link"],
  "answer.notcopied": ["浏览器不让复制；请手动选取", "The browser does not let the page copy; select it by hand"],
  "answer.unsupported": ["引文不能证明这一句", "The quotes do not bear this sentence out"],
  "answer.unsupported.note": ["画波浪线的句子，引文不能证明，请自行核对。", "The quotes do not bear out the sentences with a wavy line; check them."],
  "answer.by": ["怎样得来", "How it was made"],
  "answer.mode": ["写法", "Writer"],
  "answer.mode.extractive": ["原文摘句", "verbatim quotes"],
  "answer.mode.llm": ["语言模型", "language model"],
  "answer.mode.extractive-fallback": ["原文摘句（语言模型没有写成）", "verbatim quotes (the language model failed)"],
  "answer.fallback": ["语言模型没有写成（{reason}），下面是原文。", "The language model failed ({reason}); these are the documents' own words."],
  "answer.failure.timeout": ["超时", "it took too long"],
  "answer.failure.rate-limit": ["请求太多", "it was asked too often"],
  "answer.failure.error": ["出错", "an error"],
  "answer.failure.cut": ["中途断开", "it broke off"],
  "answer.failure.unsupported": ["它写的得不到引文支持", "the quotes do not bear out what it wrote"],
  "answer.generation": ["索引", "Index"],
  "answer.generation.n": ["第 {n} 代", "generation {n}"],
  "answer.embedder": ["嵌入模型", "Embedder"],
  "answer.segmenter": ["分词", "Segmenter"],
  "answer.ranker": ["排序模型", "Ranker"],
  "answer.time": ["用时", "Time"],
  "answer.ms": ["{n} 毫秒", "{n} ms"],

  "source": ["原文", "Source"],
  "source.text": ["原文全文", "Full text"],
  "source.outline": ["目录", "Outline"],
  "source.previous": ["上一处", "Previous place"],
  "source.next": ["下一处", "Next place"],
  "source.at": ["{n} / {all}", "{n} / {all}"],
  "source.changed": ["文档在这之后改过，标出的位置可能不准。", "The document has changed since; the place may be off."],
  "source.renewed": ["文档刚刚更新了；请再问一次", "The document has just been updated; ask again"],
  "source.outside": ["链接指向的位置超出了文档。", "The link points past the end of the document."],

  "documents": ["文献", "Documents"],
  "documents.lead": ["能被提问的，就是这里的文档。加入或改动之后重建一代索引；原来的一代留着，随时可以退回。",
    "These documents are what can be asked. Adding some builds a new generation of the index; the old one is kept, and you can go back to it."],
  "documents.drop": ["把文件拖到这里", "Drop files here"],
  "documents.kinds": [".md .txt .pdf .docx .html .epub", ".md .txt .pdf .docx .html .epub"],
  "documents.choose": ["选择文件", "Choose files"],
  "documents.url": ["或加入一个网页", "Or add a web page"],
  "documents.add": ["加入", "Add"],
  "documents.rebuild": ["重建索引", "Rebuild the index"],
  "documents.list": ["现有文档", "In the index"],
  "documents.count": ["{n} 篇", "{n}"],
  "documents.filter": ["按名称找", "Find by name"],
  "documents.rest": ["还有 {n} 篇；请按名称找", "{n} more; find them by name"],
  "documents.characters": ["{n} 字", "{n} characters"],
  "documents.read": ["读《{title}》", "Read {title}"],
  "documents.map": ["概念图", "Concepts"],
  "documents.unsupported": ["不认识的文件：{names}", "Unknown kinds of file: {names}"],
  "documents.problem": ["未收入 {source}：{reason}", "Left out {source}: {reason}"],

  "generations": ["历代索引", "Generations"],
  "generations.n": ["第 {n} 代", "Generation {n}"],
  "generations.now": ["使用中", "In service"],
  "generations.counts": ["{documents} 篇 · {passages} 段 · {characters} 字", "{documents} documents · {passages} passages · {characters} characters"],
  "generations.back": ["退回这一代", "Go back to this"],
  "generations.done": ["现在使用第 {n} 代索引", "Generation {n} is now in service"],
  "generations.held": ["未过门槛", "Held back by its gate"],
  "generations.added": ["加 {n}", "{n} added"],
  "generations.edited": ["改 {n}", "{n} edited"],
  "generations.renamed": ["改名 {n}", "{n} renamed"],
  "generations.removed": ["删 {n}", "{n} removed"],

  "job.rebuild": ["重建索引", "Rebuilding the index"],
  "job.evaluation": ["评测", "Evaluating"],
  "job.cancel": ["取消", "Cancel"],
  "job.succeeded": ["完成", "Done"],
  "job.failed": ["没有成功", "Failed"],
  "job.cancelled": ["已取消", "Cancelled"],
  "job.waiting": ["准备中", "Preparing"],
  "job.load": ["读取文档", "Reading documents"],
  "job.segment": ["分词", "Segmenting"],
  "job.embed": ["向量化", "Embedding"],
  "job.index": ["建立索引", "Indexing"],
  "job.publish": ["发布", "Publishing"],
  "job.evaluate": ["逐题评测", "Asking each question"],
  "job.built": ["第 {n} 代索引已发布", "Generation {n} is in service"],

  "map": ["概念图", "Concepts"],
  "map.lead": ["这篇文档反复说到的概念，从上到下按它们在文中的位置排列；线连着同一句里出现的两个。名字下的短线是它在全文中的每一处。点一个概念，看它在原文里怎么说。",
    "What this document keeps speaking of, set from top to bottom by where it stands in the text; lines join what one sentence names together. The ticks below a name are its places in the whole text. Choose a concept to read what is said of it."],
  "map.document": ["文档", "Document"],
  "map.term": ["{name}，{count} 处", "{name}, {count} places"],
  "map.places": ["{count} 处", "{count} places"],
  "map.also": ["又名", "Also"],
  "map.near": ["常与它同句", "Named together with"],
  "map.empty": ["这篇文档里没有找到成形的术语。", "No terms were found in this document."],
  "map.start": ["开头", "Beginning"],
  "map.choose": ["点图中的一个概念，或用 Tab 与方向键选取。", "Choose a concept in the map, or use Tab and the arrow keys."],

  "evaluation": ["评测", "Evaluation"],
  "evaluation.lead": ["用一套写明证据的问题来量：该找到的找到了多少，文中没有的有没有乱答。两样要一起看。",
    "A set of questions whose evidence is known measures how much of it is found, and how often a question is answered that the documents do not answer. Read both together."],
  "evaluation.bundled": ["用自带的问题集", "Use the bundled set"],
  "evaluation.own": ["用自己的问题集（.jsonl）", "Use my own set (.jsonl)"],
  "evaluation.badline": ["问题集第 {n} 行不是 JSON；请修正后再试", "Line {n} of the set is no JSON; mend it and try again"],
  "evaluation.list": ["历次评测", "Evaluations"],
  "evaluation.none": ["还没有评测过。", "None so far."],
  "evaluation.read": ["看 {when} 的报告", "Read the report of {when}"],
  "evaluation.shown": ["正在看", "Shown"],
  "evaluation.report": ["报告", "Report"],
  "evaluation.download": ["下载完整报告（HTML）", "Download the full report (HTML)"],
  "evaluation.of": ["{questions} 题，其中 {answerable} 题文中有答案", "{questions} questions, {answerable} of them answerable"],
  "evaluation.interval": ["95 % 区间 {low}–{high}", "95% interval {low}–{high}"],
  "evaluation.kinds": ["各类问题", "By kind"],
  "evaluation.kind": ["类别", "Kind"],
  "evaluation.n": ["题数", "Questions"],
  "evaluation.worst": ["没有找全的", "Fell short"],
  "evaluation.misled": ["不该作答却答了的", "Answered though the documents do not"],
  "evaluation.expected": ["应有", "Expected"],
  "evaluation.cited": ["所引", "Cited"],
  "metric.recall@1": ["首条引文的证据召回", "Evidence recall, first quote"],
  "metric.recall@3": ["证据召回", "Evidence recall"],
  "metric.answer@3": ["答案召回", "Answer recall"],
  "metric.answered_share": ["作答率", "Answered"],
  "metric.false_answer_rate": ["误答率", "False answers"],

  "kind.fact": ["事实", "Fact"],
  "kind.why": ["为何", "Why"],
  "kind.how": ["如何", "How"],
  "kind.paraphrase": ["换个说法", "Paraphrase"],
  "kind.whole": ["全文", "As a whole"],
  "kind.english": ["英文", "English"],
  "kind.traditional": ["繁体", "Traditional"],
  "kind.noisy": ["错字", "Misspelt"],
  "kind.several": ["几处证据", "Several places"],
  "kind.unanswerable": ["文中没有", "Not in the text"],
  "kind.question": ["文中的问题", "Asked in the text"],
  "kind.heading": ["小标题", "Heading"],

  "key": ["需要密钥", "A key is needed"],
  "key.why": ["这个服务要密钥才能使用。密钥只留在这个标签页里，关闭后即忘。", "This server wants a key. It stays in this tab and is forgotten when you close it."],
  "key.wrong": ["刚才的密钥不对，或权限不够。", "That key was wrong, or does not allow this."],
  "key.value": ["密钥", "Key"],
  "key.give": ["继续", "Continue"],
  "key.leave": ["取消", "Leave"],

  "server.failed": ["服务器回答 {status}", "The server answered {status}"],
  "server.away": ["连不上服务器；请看它是否还在运行", "The server cannot be reached; see whether it is still running"],
};

const NAME = "chuchu-language";
let language = ofBrowser.get(NAME) === "en" ? 1 : 0;

export const tag = () => ["zh-CN", "en"][language];

export function say(key, values = {}) {
  const words = WORDS[key];
  return words ? words[language].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "") : key;
}

// Say a key that the server chose, or show it as it is.
export const sayOr = (key, otherwise) => (key in WORDS ? say(key) : otherwise);

export const number = value => new Intl.NumberFormat(tag()).format(value);

export const time = iso => new Intl.DateTimeFormat(tag(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

export function switchLanguage() {
  language = 1 - language;
  ofBrowser.set(NAME, ["zh", "en"][language]);
  sayAll();
  dispatchEvent(new Event("language"));
}

// Fill every element that names its words: data-say, data-label, data-placeholder.
export function sayAll() {
  document.documentElement.lang = tag();
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = say(element.dataset.placeholder);
}
