import { placeholders, type PromptTemplate, templateProblems } from "../../platform/ai/prompts.ts";
import { DEFAULT_TEMPLATES, REQUIRED_VARIABLES } from "../../platform/ai/templates.ts";
import type { Issue } from "../../platform/errors.ts";

type Text = Pick<PromptTemplate, "system" | "user" | "variables">;

export const variablesOf = ({ user }: Pick<Text, "user">): string[] => placeholders(user);

/** What keeps a text from being a version of the template `name`: variables it does not know, or cannot do without. */
export function templateFaults(name: PromptTemplate["name"], text: Text): Issue[] {
  const known = DEFAULT_TEMPLATES[name].variables;
  const used = placeholders(text.user);
  const issue = (path: string, code: string, message: string): Issue => ({ path: `body.${path}`, code, message });
  return [
    ...templateProblems(text).map((message) =>
      issue(message.startsWith("The system") ? "system" : "variables", "custom", message),
    ),
    ...used
      .filter((variable) => !known.includes(variable))
      .map((variable) => issue("user", "unknown_variable", `{{${variable}}} is not one of ${known.join(", ")}.`)),
    ...REQUIRED_VARIABLES[name]
      .filter((variable) => !used.includes(variable))
      .map((variable) => issue("user", "missing_variable", `{{${variable}}} must be used.`)),
  ];
}
