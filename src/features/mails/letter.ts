import { escapeHtml } from "../../platform/html.ts";
import { de } from "./translations/de.ts";
import { es } from "./translations/es.ts";
import { fr } from "./translations/fr.ts";
import type { Template, Translations } from "./templates.ts";

export interface Letter {
  subject: string;
  text: string;
  html: string;
}

/** Every language but English, which is in the templates. */
export const LANGUAGES: Readonly<Record<string, Translations>> = { de, es, fr };

interface Filling {
  /** BCP 47, such as `de-AT`; what the language lacks is said in English. */
  locale: string;
  values: Readonly<Record<string, string>>;
  link?: string | undefined;
  unsubscribeUrl?: string | undefined;
}

const FOOTER: Readonly<Record<string, string>> = {
  en: "You get this mail because notifications by e-mail are on. Stop them:",
  de: "Diese E-Mail kommt, weil Benachrichtigungen per E-Mail eingeschaltet sind. Abbestellen:",
  es: "Recibes este correo porque tienes activadas las notificaciones por correo. Darse de baja:",
  fr: "Vous recevez ce message car les notifications par e-mail sont activées. Se désabonner :",
};

/** Makes the letter in the recipient's language. Values are escaped here, for HTML and, in the subject, for headers. */
export function writeLetter(name: string, template: Template, filling: Filling): Letter {
  const language = languageOf(filling.locale);
  const own = LANGUAGES[language]?.[name as keyof Translations] as Record<string, string> | undefined;
  const say = (key: string): string => fill(own?.[key] ?? template.words[key] ?? "", filling.values);
  const paragraphs = Object.keys(template.words)
    .filter((key) => key !== "subject" && key !== "action")
    .map(say);
  const footer = filling.unsubscribeUrl && { label: FOOTER[language] ?? "", url: filling.unsubscribeUrl };
  const link = filling.link === undefined ? undefined : { label: say("action"), url: filling.link };
  return {
    subject: say("subject").replaceAll(/\s+/gu, " "),
    text: [
      ...paragraphs,
      ...(link ? [`${link.label}: ${link.url}`] : []),
      "Guildhall",
      ...(footer ? [`${footer.label} ${footer.url}`] : []),
    ].join("\n\n"),
    html: page(language, paragraphs, link, footer || undefined),
  };
}

export const languageOf = (locale: string): string => {
  const language = locale.toLowerCase().split(/[-_]/u)[0] ?? "en";
  return Object.hasOwn(LANGUAGES, language) ? language : "en";
};

/** One pass, so that a value which looks like a placeholder stays what it is. */
const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(?<key>\w+)\}/gu, (placeholder, key: string) =>
    Object.hasOwn(values, key) ? (values[key] ?? "") : placeholder,
  );

interface Anchor {
  label: string;
  url: string;
}

function page(language: string, paragraphs: readonly string[], link?: Anchor, footer?: Anchor): string {
  const body = paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll("\n", "<br>")}</p>`).join("");
  const anchor = link ? `<p>${anchorOf(link)}</p>` : "";
  const stop = footer
    ? `<hr><p><small>${escapeHtml(footer.label)} ${anchorOf({ label: footer.url, url: footer.url })}</small></p>`
    : "";
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"></head><body>${body}${anchor}<p>Guildhall</p>${stop}</body></html>`;
}

const anchorOf = ({ label, url }: Anchor): string => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`;
