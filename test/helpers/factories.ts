import { env } from "cloudflare:workers";
import { post } from "./client.ts";

export const PASSWORD = "Sunny-Harbour-7";

let count = 0;

export interface Learner {
  id: string;
  email: string;
  username: string;
  token: string;
  refreshToken: string;
}

/** Somebody new, signed in. */
export async function learner(fields: Record<string, unknown> = {}): Promise<Learner> {
  count += 1;
  const username = `learner_${count}_${crypto.randomUUID().slice(0, 8)}`;
  const email = `${username}@example.org`;
  const { status, data, body } = await post("/api/v1/auth/register", {
    email,
    username,
    password: PASSWORD,
    ...fields,
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return { id: data.user.id, email, username, token: data.accessToken, refreshToken: data.refreshToken };
}

/** Somebody new with a role, signed in with it. */
export async function staff(
  role: "teacher" | "admin" | "superadmin",
  fields: Record<string, unknown> = {},
): Promise<Learner> {
  const person = await learner(fields);
  await env.DB.prepare("UPDATE users SET role = ? WHERE id = ?").bind(role, person.id).run();
  return await signIn(person);
}

/** The same person in a new session. */
export async function signIn(person: Learner): Promise<Learner> {
  const { status, data, body } = await post("/api/v1/auth/login", { email: person.email, password: PASSWORD });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return { ...person, token: data.accessToken, refreshToken: data.refreshToken };
}

export async function goal(owner: Learner, fields: Record<string, unknown> = {}) {
  const answer = await post(
    "/api/v1/goals",
    { title: "Speak Spanish", milestones: [{ title: "First words" }], ...fields },
    owner.token,
  );
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.data;
}

export async function challenge(owner: Learner, goalId: string, fields: Record<string, unknown> = {}) {
  const rules = { minWords: 3 };
  const answer = await post(
    "/api/v1/challenges",
    { goalId, title: "Introduce yourself", kind: "text", points: 20, rules, ...fields },
    owner.token,
  );
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.data;
}
