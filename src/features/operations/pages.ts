import type { Config } from "../../platform/config.ts";
import { htmlPage } from "../../platform/html.ts";

const link = (href: string, name: string, what: string): string => `<li><a href="${href}">${name}</a>: ${what}</li>`;

const ABOUT =
  "The backend of a learning community. People set goals, break them into milestones and challenges, hand in work, get feedback from peers and from a coach, talk in rooms, and watch their progress as a game.";

const BUILD = [
  link("/docs/", "API documentation", "every operation, to be tried out here"),
  link("/docs/sockets", "Sockets", "rooms, live boards and notifications, frame by frame"),
  link("/openapi.json", "OpenAPI 3.1", "the same for machines"),
  link("/asyncapi.json", "AsyncAPI 3", "and that of the sockets"),
];

const RUN = [
  link("/health", "Health", "whether every part answers, and how fast"),
  link("/.well-known/jwks.json", "Public keys", "to verify access tokens with"),
];

/** What there is on a developer's machine only. */
const LOCAL = `<h2>On this machine</h2>
<p>Sign in as <code>ana@guildhall.local</code> with the password <code>Guildhall1</code>: in the documentation, execute the example of “Sign in”.</p>
<ul>${link("/dev/mailbox", "Mailbox", "the mails that would have been sent")}${link("/metrics", "Metrics", "for Prometheus")}</ul>`;

/** What runs here, and where to go on. */
export function frontDoor({ ENVIRONMENT }: Pick<Config, "ENVIRONMENT">): string {
  return htmlPage(
    "Guildhall",
    `<h1>Guildhall</h1><p>${ABOUT}</p>
<h2>Look around</h2><ul>${link("/app/rooms/", "Rooms", "sign in and talk")}</ul>
<h2>Build on it</h2><ul>${BUILD.join("")}</ul>
<h2>Keep it running</h2><ul>${RUN.join("")}</ul>
${ENVIRONMENT === "production" ? "" : LOCAL}`,
  );
}
