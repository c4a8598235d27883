import type { Config } from "../../platform/config.ts";
import { htmlPage } from "../../platform/html.ts";

/** What runs here, and where to go on. */
export function frontDoor({ ENVIRONMENT }: Pick<Config, "ENVIRONMENT">): string {
  const local =
    ENVIRONMENT === "production"
      ? ""
      : '<li><a href="/dev/mailbox">Mailbox</a>: the mails that would have been sent</li>';
  return htmlPage(
    "Guildhall",
    `<h1>Guildhall</h1><p>The backend of a learning community: goals, challenges, feedback, rooms, and progress as a game.</p>
<ul><li><a href="/app/rooms/">Rooms</a>: sign in and talk</li><li><a href="/docs/">API documentation</a></li><li><a href="/openapi.json">OpenAPI 3.1 document</a></li><li><a href="/health">Health</a></li>
<li><a href="/.well-known/jwks.json">Public keys</a></li>${local}</ul>`,
  );
}
