import type { ServiceContext } from "../../../context.ts";
import { NewMessage } from "../../messages/schema.ts";
import { addReaction, sendMessage } from "../../messages/service.ts";
import { invite } from "../../rooms/members.ts";
import { NewRoom } from "../../rooms/schema.ts";
import { createRoom, joinRoom, openDirectRoom } from "../../rooms/service.ts";
import type { Name } from "./people.ts";
import type { Stage } from "./stage.ts";
import { known } from "./stage.ts";
import { LETTERS, ROOMS } from "./talk.ts";

/** Rooms keep their own time: what is said is said now. */
export async function talk({ ctx, people }: Stage): Promise<void> {
  const who = (name: Name) => known(people, name);
  for (const { owner, joins, invites, says, ...fields } of ROOMS) {
    const { id } = await createRoom(ctx, who(owner), NewRoom.parse(fields));
    for (const name of invites) await invite(ctx, who(owner), id, name);
    for (const name of joins) await joinRoom(ctx, who(name), id);
    let first: string | undefined;
    for (const [name, body] of says) {
      const message = await say(ctx, who(name), id, body);
      first ??= message;
    }
    for (const name of joins.slice(0, 2)) await addReaction(ctx, who(name), id, first ?? "", "👍");
  }
  for (const [from, to, body] of LETTERS) {
    const { room } = await openDirectRoom(ctx, who(from), to);
    await say(ctx, who(from), room.id, body);
  }
}

async function say(ctx: ServiceContext, actor: Parameters<typeof sendMessage>[1], roomId: string, body: string) {
  const message = NewMessage.parse({ clientId: crypto.randomUUID(), body });
  return (await sendMessage(ctx, actor, roomId, message)).id;
}
