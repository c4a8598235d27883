export interface PromptTemplate {
  name: "submission-feedback" | "generate-challenges" | "explain-concept";
  version: number;
  system: string;
  user: string;
  variables: string[];
}

const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}\}/g;

/** What is wrong with a template, for whoever edits it; empty when it can be used. */
export function templateProblems(template: Pick<PromptTemplate, "system" | "user" | "variables">): string[] {
  const declared = new Set(template.variables);
  const used = new Set(placeholders(template.user));
  return [
    ...placeholders(template.system).map((name) => `The system prompt must not contain data, but uses {{${name}}}.`),
    ...[...used].filter((name) => !declared.has(name)).map((name) => `{{${name}}} is not declared in variables.`),
    ...[...declared].filter((name) => !used.has(name)).map((name) => `The variable ${name} is never used.`),
  ];
}

/**
 * Fills a template. Every value goes into a DATA block whose boundary is random, so that no text can close it.
 * Throws when the template is at fault or a variable is missing.
 */
export function renderPrompt(
  template: PromptTemplate,
  values: Readonly<Record<string, string>>,
  boundary: string = crypto.randomUUID(),
): { system: string; user: string } {
  const problems = templateProblems(template);
  const missing = template.variables
    .filter((name) => !Object.hasOwn(values, name))
    .map((name) => `No value for {{${name}}}.`);
  if (problems.length + missing.length > 0) {
    throw new Error(`Prompt ${template.name} v${template.version}: ${[...problems, ...missing].join(" ")}`);
  }
  const block = (name: string) => `<<<DATA ${name} ${boundary}\n${values[name] ?? ""}\nDATA ${boundary}>>>`;
  return { system: template.system, user: template.user.replace(PLACEHOLDER, (_, name: string) => block(name)) };
}

/** The variables a text uses, each once, in the order they first occur. */
export const placeholders = (text: string): string[] => [
  ...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "")),
];
