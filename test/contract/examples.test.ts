import { beforeAll, expect, test } from "vitest";
import type { Answer } from "../helpers/client.ts";
import { call } from "../helpers/client.ts";
import { brokenPromises } from "../helpers/contract.ts";
import type { Learner } from "../helpers/factories.ts";
import { learner, staff } from "../helpers/factories.ts";
import type { Entry } from "../helpers/operations.ts";
import { addressOf, isPeoples, readOperations } from "../helpers/operations.ts";

let operations: Entry[];
let ana: Learner;
let root: Learner;

beforeAll(async () => {
  ({ operations } = await readOperations());
  [ana, root] = await Promise.all([learner(), staff("superadmin")]);
});

/** The request that the document's examples make. */
async function askByExample(entry: Entry): Promise<Answer> {
  const { parameters = [], requestBody } = entry.operation;
  const valuesIn = (place: string, needed = false) =>
    Object.fromEntries(
      parameters
        .filter((parameter) => parameter.in === place && (!needed || parameter.required))
        .map(({ name, example }) => [name, String(example)]),
    );
  const json = requestBody?.content["application/json"];
  const form = requestBody?.content["application/x-www-form-urlencoded"];
  return await call(entry.method, addressOf(entry, { params: valuesIn("path"), query: valuesIn("query", true) }), {
    token: (entry.operation["x-permission"] ? root : ana).token,
    ...(json && { body: json.example }),
    ...(form && {
      raw: new URLSearchParams(form.example as Record<string, string>).toString(),
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    }),
  });
}

/** Of a request that fits, whatever became of it. */
const MISFITS = new Set(["VALIDATION_ERROR", "MALFORMED_JSON", "UNSUPPORTED_MEDIA_TYPE", "PAYLOAD_TOO_LARGE"]);

/** These end what the others need. */
const isLast = ({ operation: { operationId } }: Entry) => /^(?:logout|logoutAll|deleteMe)$/u.test(operationId);

test("every example request fits, and is answered as the document says", { timeout: 60_000 }, async () => {
  const faults: string[] = [];
  const inOrder = [...operations.filter((entry) => !isLast(entry)), ...operations.filter(isLast)].filter(isPeoples);
  for (const entry of inOrder) {
    const { status, code, body } = await askByExample(entry);
    if (status >= 500 || MISFITS.has(code ?? ""))
      faults.push(`${entry.name} → ${status} ${code} ${JSON.stringify(body?.error?.details)}`);
  }
  expect(inOrder.length).toBeGreaterThan(100);
  expect([...faults, ...(await brokenPromises())]).toEqual([]);
});
