import { describe, expect, it } from "vitest";
import { LANGUAGES, languageOf, writeLetter } from "../../../src/features/mails/letter.ts";
import { retryDelay } from "../../../src/features/mails/rules.ts";
import type { Template } from "../../../src/features/mails/templates.ts";
import { TEMPLATES } from "../../../src/features/mails/templates.ts";
import { get } from "../../helpers/client.ts";

const templates = Object.entries<Template>(TEMPLATES);
const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/gu)].map(String).sort();
/** Every string that a language says, as `template.word`. */
const said = (language: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(LANGUAGES[language] ?? {}).flatMap(([name, words]) =>
      Object.entries(words).map(([key, text]) => [`${name}.${key}`, text]),
    ),
  );
const english = Object.fromEntries(
  templates.flatMap(([name, { words }]) => Object.entries(words).map(([key, text]) => [`${name}.${key}`, text])),
);

describe.each(Object.keys(LANGUAGES))("the language %s", (language) => {
  it("lacks nothing", () => {
    expect(Object.keys(english).filter((key) => said(language)[key] === undefined)).toEqual([]);
  });

  it("says nothing that English does not, with the same values", () => {
    for (const [key, text] of Object.entries(said(language)))
      expect([key, placeholders(text)]).toEqual([key, placeholders(english[key] ?? "no such word")]);
  });
});

it.each(templates)("the template %s has a label for its link and a link for its label", (_, template) => {
  expect(template.link !== undefined).toBe(template.words["action"] !== undefined);
});

describe("a letter", () => {
  const template: Template = {
    kind: "notification",
    words: { subject: "News for {displayName}", hello: "Hello {displayName},", what: "{body}", action: "Open" },
  };
  const evil = `<img src=x onerror="alert('1')"> {displayName}`;
  const letter = (locale: string, name = "none") =>
    writeLetter(name, template, {
      locale,
      values: { displayName: "Ana\r\nBcc: x@example.org", body: evil },
      link: 'https://g.test/?a=1&b="2"',
      unsubscribeUrl: "https://g.test/u?t=1",
    });

  it("escapes every value in HTML, keeps text as it is, and has a subject of one line", () => {
    const { html, text, subject } = letter("en");
    expect(html).toContain("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; {displayName}");
    expect(html).toContain('href="https://g.test/?a=1&amp;b=&quot;2&quot;"');
    expect(html).not.toContain("<img");
    expect(text).toContain(evil);
    expect(subject).toBe("News for Ana Bcc: x@example.org");
  });

  it("falls back to English string by string, and by language", () => {
    expect(letter("de-AT", "welcome").subject).toBe("Willkommen bei Guildhall");
    expect(letter("de-AT", "welcome").text).toContain(evil);
    expect(letter("pt", "welcome").subject).toContain("News for");
    expect(["es", "ES-mx", "fr_CA", "pt-BR", "", "toString"].map(languageOf)).toEqual([
      "es",
      "es",
      "fr",
      "en",
      "en",
      "en",
    ]);
  });

  it("says in the reader's language how to stop such mails", () => {
    expect(letter("fr").text).toContain("Se désabonner : https://g.test/u?t=1");
    expect(letter("fr").html).toContain('<html lang="fr">');
  });
});

it("shows every template in every language on a page of the development mailbox", async () => {
  const { status, body } = await get("/dev/mailbox/templates?locale=de");
  expect(status).toBe(200);
  for (const [name] of templates) expect(body).toContain(`<p>${name}, `);
  expect(body).toContain("<h2>Willkommen bei Guildhall</h2>");
});

it("waits longer each time for the next try, and as long as the provider asks", () => {
  expect([1, 2, 3, 4, 5, 99].map((attempt) => retryDelay(attempt, 0.5))).toEqual([5, 30, 300, 1800, 7200, 7200]);
  expect([retryDelay(2, 0), retryDelay(2, 1), retryDelay(1, 0.5, 90), retryDelay(1, 0.5, 1e9)]).toEqual([
    24, 36, 90, 43200,
  ]);
});
