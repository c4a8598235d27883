import { call, Refused } from "./api.ts";
import { element } from "./dom.ts";

export interface Me {
  id: string;
  username: string;
  displayName: string;
}

/** The form that lets somebody in; calls `entered` once the cookies are there. */
export function signIn(entered: () => void): HTMLElement {
  const problem = element("p", { class: "problem", role: "alert" });
  const email = field("E-mail or username", { name: "email", autocomplete: "username", required: true });
  const password = field("Password", {
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const code = field("Code from your authenticator app", {
    name: "code",
    autocomplete: "one-time-code",
    inputmode: "numeric",
  });
  code.label.hidden = true;
  const submit = element("button", { type: "submit", class: "primary" }, "Sign in");
  let mfaToken: string | undefined;

  const enter = async (): Promise<void> => {
    if (mfaToken === undefined) {
      await call("POST", "/auth/login", { email: email.input.value, password: password.input.value });
    } else await call("POST", "/auth/mfa/verify", { mfaToken, code: code.input.value });
    entered();
  };

  const attempt = async (): Promise<void> => {
    submit.disabled = true;
    problem.textContent = "";
    try {
      await enter();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      mfaToken = error.details.mfaToken ?? mfaToken;
      if (error.code === "MFA_REQUIRED") {
        code.label.hidden = false;
        code.input.focus();
      } else problem.textContent = error.message;
    } finally {
      submit.disabled = false;
    }
  };

  const onSubmit = (event: Event): void => {
    event.preventDefault();
    void attempt();
  };
  return element(
    "main",
    { class: "sign-in" },
    element(
      "form",
      { class: "card", on: { submit: onSubmit } },
      element("h1", {}, "Guildhall rooms"),
      element("p", { class: "quiet" }, "Sign in to talk with the people you learn with."),
      email.label,
      password.label,
      code.label,
      problem,
      submit,
    ),
  );
}

function field(label: string, attributes: Record<string, unknown>) {
  const input = element("input", attributes);
  return { input, label: element("label", {}, element("span", {}, label), input) };
}
