const API = "/api/v1";

/** What the server refused, or could not be asked (`OFFLINE`). */
export class Refused extends Error {
  readonly code: string;
  readonly details: { mfaToken?: string };

  constructor(code: string, message: string, details: { mfaToken?: string } = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

interface Answer<T> {
  data?: T;
  error?: { code: string; message: string; details?: { mfaToken?: string } };
}

let refreshing: Promise<boolean> | undefined;

/** Calls the API with the cookies of this browser; a spent access token is renewed once, whoever asks at the same time. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response = await send(method, path, body);
  if (response.status === 401 && !path.startsWith("/auth/") && (await refresh())) {
    response = await send(method, path, body);
  }
  const text = await response.text();
  const { data, error } = (text.startsWith("{") ? JSON.parse(text) : {}) as Answer<T>;
  if (!response.ok) {
    throw new Refused(error?.code ?? "INTERNAL", error?.message ?? "Something went wrong.", error?.details);
  }
  // 204 has no data, and whoever calls what answers so asks for `void`.
  return data as T;
}

export function refresh(): Promise<boolean> {
  refreshing ??= send("POST", "/auth/refresh", {})
    .then((response) => response.ok)
    .finally(() => (refreshing = undefined));
  return refreshing;
}

async function send(method: string, path: string, body: unknown): Promise<Response> {
  const init =
    body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  try {
    return await fetch(API + path, { method, ...init });
  } catch {
    throw new Refused("OFFLINE", "The server cannot be reached.");
  }
}

export function socketTo(roomId: string, after: number): WebSocket {
  const url = new URL(`${API}/rooms/${roomId}/socket?after=${after}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return new WebSocket(url, ["guildhall.v1"]);
}
