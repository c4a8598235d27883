import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { NOTIFICATION_KINDS } from "../../../src/db/schema/notifications.ts";
import { WORDS, wordsFor } from "../../../src/features/notifications/wording.ts";
import { newId } from "../../../src/platform/ids.ts";
import { call, get, post } from "../../helpers/client.ts";
import type { Learner } from "../../helpers/factories.ts";
import { challenge, goal, learner, staff } from "../../helpers/factories.ts";
import { badge, deliveriesOf, listOf, notified, tell, tellAt } from "../../helpers/notifications.ts";

const API = "/api/v1/notifications";
const unread = async (who: Learner) => (await get(`${API}/unread-count`, who.token)).data.count;
const put = (who: Learner, body: unknown) => call("PUT", `${API}/preferences`, { token: who.token, body });

async function room(owner: Learner, members: readonly Learner[], name = "Night readers") {
  const { data } = await post("/api/v1/rooms", { kind: "public", name }, owner.token);
  for (const { token } of members) await post(`/api/v1/rooms/${data.id}/join`, {}, token);
  return data.id as string;
}

describe("an event", () => {
  it("tells the author of work what was decided", async () => {
    const ana = await learner();
    const work = await challenge(ana, (await goal(ana)).id);
    const { data } = await post(
      "/api/v1/submissions",
      { challengeId: work.id, content: { text: "one two three" } },
      ana.token,
    );
    const list = await notified(ana);
    expect(list.find(({ kind }: { kind: string }) => kind === "submission_decided")).toEqual({
      id: expect.any(String),
      kind: "submission_decided",
      title: "Your work was accepted",
      body: expect.stringContaining("Introduce yourself"),
      url: `/submissions/${data.id}`,
      data: { submissionId: data.id, challengeId: work.id, status: "accepted" },
      createdAt: expect.stringMatching(/Z$/u),
      readAt: null,
    });
  });

  it("is told once, delivered twice, told twice, or twice at once", async () => {
    const ana = await learner();
    const now = new Date();
    await tellAt(now, badge(ana), 3);
    await Promise.all([tellAt(now, badge(ana)), tellAt(now, badge(ana))]);
    expect(await listOf(ana)).toHaveLength(1);
    const { results } = await env.DB.prepare(
      "SELECT d.channel FROM notification_deliveries d JOIN notifications n ON n.id = d.notification_id WHERE n.user_id = ?",
    )
      .bind(ana.id)
      .all();
    expect(results).toHaveLength(3);
  });

  it("is told in the reader's language, in every language that mails know", async () => {
    const [mia, ana] = [await learner({ locale: "de-AT" }), await learner({ locale: "pt" })];
    await Promise.all([mia, ana].map((who) => tell({ type: "level.reached", userId: who.id, level: 4 })));
    const [german] = await notified(mia);
    const [english] = await notified(ana);
    expect([german.title, german.body, english.title]).toEqual(["Stufe 4", "Du hast Stufe 4 erreicht.", "Level 4"]);
    const placeholders = (text: string) => (text.match(/\{\w+\}/gu) ?? []).toSorted();
    for (const words of Object.values(WORDS))
      for (const [key, { title, body }] of Object.entries(words)) {
        const source = WORDS["en"]?.[key as "mention"] ?? { title: "", body: "" };
        expect([key, placeholders(title + body)]).toEqual([key, placeholders(source.title + source.body)]);
      }
  });

  it("is cut to what a push can carry, and a value is never a placeholder", () => {
    const { title, body } = wordsFor("en", "mention", { name: "{room}", room: "🎈".repeat(400) });
    expect([title, Array.from(body).length]).toEqual(["{room} mentioned you", 300]);
  });

  it("tells members whom a message names, neither strangers, nor its author, nor people on bad terms", async () => {
    const [ana, ben, chidi, dora] = await Promise.all([learner(), learner(), learner(), learner()]);
    const roomId = await room(ana, [ben, chidi]);
    await call("PUT", `/api/v1/users/${ana.username}/block`, { token: chidi.token });
    const usernames = [ana, ben, chidi, dora].map(({ username }) => username.toUpperCase());
    await tell({ type: "message.mentioned", roomId, messageId: newId(), authorId: ana.id, usernames });
    const [mention] = await notified(ben);
    expect(mention).toMatchObject({
      kind: "mention",
      title: `${ana.username} mentioned you`,
      body: "In the room “Night readers”.",
    });
    expect(await Promise.all([ana, chidi, dora].map((who) => listOf(who)))).toEqual([[], [], []]);
  });

  it("tells of each invitation, and of a review that was rated", async () => {
    const [ana, ben] = await Promise.all([learner(), learner()]);
    const roomId = await room(ana, []);
    const invited = { type: "room.invited", roomId, userId: ben.id, inviterId: ana.id } as const;
    await tell(invited);
    const [first] = await notified(ben);
    expect(first).toMatchObject({ kind: "invitation", url: `/rooms/${roomId}`, data: { roomId, inviterId: ana.id } });
    await tell(invited);
    await notified(ben, 2);
  });

  it("whose subject is gone tells nobody, and fails nobody", async () => {
    const ana = await learner();
    await tellAt(new Date(), { type: "feedback.ready", jobId: newId(), submissionId: newId(), userId: ana.id });
    await tellAt(new Date(), { type: "review.rated", reviewId: newId(), reviewerId: ana.id, helpful: 5 });
    await tellAt(new Date(), badge({ ...ana, id: newId() }));
    expect(await listOf(ana)).toEqual([]);
  });
});

describe("the list", () => {
  let ana: Learner;
  beforeAll(async () => {
    ana = await learner();
    for (let level = 2; level <= 6; level += 1)
      await tellAt(new Date(), { type: "level.reached", userId: ana.id, level });
  });

  it("is paged, newest first, in one round trip", async () => {
    const first = await get(`${API}?limit=3`, ana.token);
    expect([first.status, first.roundTrips]).toEqual([200, 1]);
    expect(first.data.map(({ title }: { title: string }) => title)).toEqual(["Level 6", "Level 5", "Level 4"]);
    const { nextCursor } = first.body.meta.pagination;
    const rest = await get(`${API}?limit=3&cursor=${nextCursor}`, ana.token);
    expect(rest.data.map(({ title }: { title: string }) => title)).toEqual(["Level 3", "Level 2"]);
    expect((await get(`${API}?limit=3&unread=true&cursor=${nextCursor}`, ana.token)).code).toBe("INVALID_CURSOR");
  });

  it("is read by ids or as a whole, twice or not, and never for somebody else", async () => {
    const [newest, second] = await listOf(ana);
    const ben = await learner();
    await tellAt(new Date(), badge(ben));
    const [foreign] = await listOf(ben);
    const ids = [newest.id, foreign.id];
    const answers = await Promise.all([1, 2].map(() => post(`${API}/read`, { ids }, ana.token)));
    expect(answers.flatMap(({ status, data }) => [status, data.count])).toEqual([200, 4, 200, 4]);
    expect(await unread(ben)).toBe(1);
    const left = await listOf(ana, "?unread=true");
    expect([left.length, left[0].id]).toEqual([4, second.id]);
    expect((await listOf(ana))[0].readAt).toEqual(expect.any(String));
    expect((await post(`${API}/read`, { all: true }, ana.token)).data).toEqual({ count: 0 });
    expect([await unread(ana), (await listOf(ana, "?unread=true")).length]).toEqual([0, 0]);
    for (const body of [{}, { ids: [] }, { ids: ["x"] }, { all: false }, { ids: Array(101).fill(newId()) }])
      expect((await post(`${API}/read`, body, ana.token)).code).toBe("VALIDATION_ERROR");
    const tooMany = await post(`${API}/read`, { ids: Array(101).fill(newId()) }, ana.token);
    expect(tooMany.body.error.details).toMatchObject([{ path: "body.ids", code: "too_big" }]);
  });

  it("is found by an index, however many there are", async () => {
    const { results } = await env.DB.prepare(
      "EXPLAIN QUERY PLAN SELECT * FROM notifications WHERE user_id = ? AND listed = 1 AND read_at IS NULL ORDER BY id DESC LIMIT 21",
    )
      .bind(ana.id)
      .all<{ detail: string }>();
    expect(results.map(({ detail }) => detail).join()).toMatch(/USING INDEX notifications_(?:unread|listed)/u);
  });
});

describe("preferences", () => {
  it("begin with everything on, and change what is named", async () => {
    const ana = await learner();
    const { data } = await get(`${API}/preferences`, ana.token);
    expect(Object.keys(data.channels)).toEqual([...NOTIFICATION_KINDS]);
    expect(data).toMatchObject({
      channels: { mention: { inApp: true, email: true, push: true } },
      quietHours: null,
      digest: "off",
    });
    await put(ana, { channels: { badge_earned: { email: false } }, quietHours: { from: "22:00", to: "07:00" } });
    const changed = await put(ana, {
      channels: { badge_earned: { push: false }, mention: { inApp: false } },
      digest: "weekly",
    });
    expect(changed.data).toMatchObject({
      channels: {
        badge_earned: { inApp: true, email: false, push: false },
        mention: { inApp: false, email: true, push: true },
      },
      quietHours: { from: "22:00", to: "07:00" },
      digest: "weekly",
    });
    expect((await put(ana, { quietHours: null })).data.quietHours).toBeNull();
    expect((await put(ana, changed.data)).data).toEqual(changed.data);
  });

  it("keep what two tabs say at once", async () => {
    const ana = await learner();
    await Promise.all([
      put(ana, { channels: { mention: { email: false } } }),
      put(ana, { channels: { invitation: { push: false } } }),
    ]);
    const { data } = await get(`${API}/preferences`, ana.token);
    expect([data.channels.mention.email, data.channels.invitation.push]).toEqual([false, false]);
  });

  it("are refused where they make no sense", async () => {
    const ana = await learner();
    const bodies = [
      { quietHours: { from: "24:00", to: "07:00" } },
      { quietHours: { from: "22:00", to: "22:00" } },
      { quietHours: { from: "22:00" } },
      { digest: "hourly" },
      { channels: { mention: { email: "no" } } },
    ];
    for (const body of bodies) expect((await put(ana, body)).code).toBe("VALIDATION_ERROR");
    expect((await call("GET", `${API}/preferences`)).status).toBe(401);
  });

  it("decide what each channel does, and the reader can see it", async () => {
    const ana = await learner();
    await put(ana, { channels: { badge_earned: { inApp: false, push: false } } });
    await tellAt(new Date(), badge(ana));
    expect(await listOf(ana)).toEqual([]);
    expect(await unread(ana)).toBe(0);
    expect(await deliveriesOf(ana)).toEqual({
      inApp: { status: "suppressed", reason: "preference" },
      email: { status: "created" },
      push: { status: "suppressed", reason: "preference" },
    });
    const admin = await staff("admin");
    const { id = "" } =
      (await env.DB.prepare("SELECT id FROM notifications WHERE user_id = ?").bind(ana.id).first<{ id: string }>()) ??
      {};
    expect((await get(`${API}/${id}/deliveries`, admin.token)).code).toBe("NOT_FOUND");
    expect((await get(`${API}/${newId()}/deliveries`, ana.token)).code).toBe("NOT_FOUND");
  });
});
