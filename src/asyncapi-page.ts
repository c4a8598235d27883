import type { asyncApiDocument } from "./asyncapi.ts";
import { escapeHtml } from "./platform/html.ts";
import { typeOf } from "./platform/schema-types.ts";

type Document = ReturnType<typeof asyncApiDocument>;

/** The sockets for people: every frame as a TypeScript type. */
export function socketsPage(document: Document): string {
  const names = Object.keys(document.channels);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Guildhall sockets</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/sockets.css"></head><body>
<h1>Sockets</h1>
${paragraphs(document.info.description)}
<p>The same for machines: <a href="/asyncapi.json">AsyncAPI 3 document</a>. What is asked over HTTP: <a href="/docs/">API documentation</a>.</p>
<nav><ul>${names.map((name) => `<li><a href="#${name}">${escapeHtml(document.channels[name]?.title ?? name)}</a></li>`).join("")}</ul></nav>
${names.map((name) => channel(document, name)).join("\n")}
</body></html>`;
}

function channel(document: Document, name: string): string {
  const found = document.channels[name];
  if (!found) return "";
  const of = (action: string) =>
    Object.values(document.operations).filter(
      (operation) => operation.action === action && operation.channel.$ref.endsWith(`/${name}`),
    );
  const frames = (action: string) =>
    of(action)
      .flatMap(({ messages }) => messages.map(({ $ref }) => $ref.split("/").at(-1) ?? ""))
      .map((type) => frame(name, type, found.messages[type]?.payload ?? {}))
      .join("");
  const heard = frames("receive");
  return `<section id="${name}"><h2>${escapeHtml(found.title)}</h2><p><code>GET ${escapeHtml(found.address)}</code></p>
${paragraphs(found.description)}
<h3>What it tells</h3>${frames("send")}${heard && `<h3>What it hears</h3>${heard}`}</section>`;
}

const frame = (channelName: string, type: string, schema: object): string =>
  `<article id="${channelName}-${type}"><h4><code>${escapeHtml(type)}</code></h4><pre><code>${escapeHtml(typeOf(schema, { comments: true }))}</code></pre></article>`;

const paragraphs = (text: string): string =>
  text
    .split("\n\n")
    .map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll(/`(?<code>[^`]+)`/gu, "<code>$<code></code>")}</p>`)
    .join("\n");
