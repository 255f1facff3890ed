// Talking to the server: JSON, events, problems, and the key that it may ask for.

import { askForKey, key } from "./key.js";
import { say } from "./words.js";

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || say("server.failed", { status }));
    this.status = status;
    this.body = body;
  }
}

const away = () => new Problem(0, { detail: say("server.away") });

export const pathOf = id => "/documents/" + id.split("/").map(encodeURIComponent).join("/");

export async function send(path, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  if (key()) headers.Authorization = `Bearer ${key()}`;
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw away();
  }
  const wantsKey = response.status === 401 || (response.status === 403 && response.headers.has("WWW-Authenticate"));
  if (wantsKey && await askForKey()) return send(path, options);
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return response;
}

export const get = async path => (await send(path)).json();

export const post = async (path, body) => (await send(path, withJson(body))).json();

const withJson = body => ({
  method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
});

// Yield [name, value] of each server-sent event up to the `last`; without that, the server has gone away.
export async function* events(path, last, body, signal) {
  const options = body === undefined ? {} : withJson(body);
  options.headers = { ...options.headers, Accept: "text/event-stream" };
  const response = await send(path, { ...options, signal });
  try {
    for await (const [name, data] of parse(response.body.pipeThrough(new TextDecoderStream()))) {
      if (name === "problem") throw new Problem(data.status, data);
      yield [name, data];
      if (name === last) return;
    }
  } catch (error) {
    if (error instanceof Problem || error.name === "AbortError") throw error;
  }
  throw away();
}

async function* parse(stream) {
  let name = "message", data = [], rest = "";
  const reader = stream.getReader();
  try {
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
      // A carriage return that ends a piece may be half of a line end.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
        else if (line === "" && data.length) {
          yield [name, JSON.parse(data.join("\n"))];
          name = "message";
          data = [];
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
