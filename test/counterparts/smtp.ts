import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { SMTPServerOptions, SMTPServerSession } from "smtp-server";
import { SMTPServer } from "smtp-server";

export const SMTP_USER = "guild hall";
export const SMTP_PASSWORD = "p@ss/wörd";

export interface Accepted {
  to: string[];
  raw: string;
  secure: boolean;
  user: string | null;
}

export interface SmtpCounterpart {
  /** Ports: STARTTLS when asked for, TLS from the start, and none at all. The certificate is that of `localhost`, not of 127.0.0.1. */
  ports: { startTls: number; implicit: number; plain: number };
  /** `GET ?to=` lists the mails that were accepted. */
  control: string;
}

/** What the local part of a recipient asks for, such as `busy-2.ana@example.org`: a fault, and how often. */
const faultOf = (address: string) => {
  const [, fault, times] = /^(refused|busy|cut|deaf)(?:-(\d+))?\./u.exec(address) ?? [];
  return { fault, times: Number(times ?? 1) };
};

interface Connections {
  connections: Set<{ session: SMTPServerSession; _socket: { destroy(): void } }>;
}

/** Real SMTP servers on loopback, with faults that the recipient's address asks for. */
export async function startSmtp(): Promise<{ counterpart: SmtpCounterpart; stop(): Promise<void> }> {
  const accepted: Accepted[] = [];
  const met = new Map<string, number>();
  /** Whether this address still has its fault to come. */
  const due = (address: string, wanted: string): boolean => {
    const { fault, times } = faultOf(address);
    if (fault !== wanted) return false;
    if (fault === "refused") return true;
    const seen = met.get(address) ?? 0;
    if (seen >= times) return false;
    met.set(address, seen + 1);
    return true;
  };

  const servers: SMTPServer[] = [];
  const serve = async (options: SMTPServerOptions): Promise<number> => {
    const server = new SMTPServer({
      authMethods: ["PLAIN", "LOGIN"],
      disableReverseLookup: true,
      closeTimeout: 100,
      onAuth: ({ username, password }, _, callback) =>
        username === SMTP_USER && password === SMTP_PASSWORD
          ? callback(null, { user: username })
          : callback(new Error("no such user")),
      onRcptTo: ({ address }, _, callback) => {
        if (due(address, "refused")) return callback(reply(550, `5.1.1 <${address}> is unknown here`));
        return callback(due(address, "busy") ? reply(451, "4.7.1 come back later") : null);
      },
      onData: (stream, session, callback) => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        const hangUp = () => {
          for (const one of (server as unknown as Connections).connections)
            if (one.session === session) one._socket.destroy();
        };
        const chunks: Buffer[] = [];
        const isCut = to.some((address) => due(address, "cut"));
        stream.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          if (isCut) hangUp();
        });
        stream.on("end", () => {
          if (isCut) return;
          const user = session.user ?? null;
          accepted.push({ to, raw: Buffer.concat(chunks).toString(), secure: session.secure, user });
          if (to.some((address) => due(address, "deaf"))) hangUp();
          else callback(null, "accepted");
        });
      },
      ...options,
    });
    server.on("error", () => undefined);
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server.server, "listening");
    return (server.server.address() as AddressInfo).port;
  };

  const file = (name: string) => readFileSync(path.join(import.meta.dirname, name));
  const trusted = { cert: file("loopback-cert.pem"), key: file("loopback-key.pem") };
  const ports = {
    startTls: await serve({ ...trusted, allowInsecureAuth: true }),
    implicit: await serve({ ...trusted, secure: true }),
    plain: await serve({ ...trusted, disabledCommands: ["STARTTLS"], allowInsecureAuth: true }),
  };
  const control = createServer((request, response) => {
    const to = new URL(request.url ?? "/", "http://localhost").searchParams.get("to");
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(accepted.filter((mail) => to === null || mail.to.includes(to))));
  });
  await once(control.listen(0, "127.0.0.1"), "listening");
  return {
    counterpart: { ports, control: `http://127.0.0.1:${(control.address() as AddressInfo).port}/` },
    stop: async () => {
      control.close();
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  };
}

const reply = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });
