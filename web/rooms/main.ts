import { call, Refused } from "./api.ts";
import { button, element } from "./dom.ts";
import { RoomList } from "./room-list.ts";
import { RoomView } from "./room-view.ts";
import { type Me, signIn } from "./sign-in.ts";
import type { Room } from "./wire.ts";

const UNREAD_ASKED_EVERY_MS = 30_000;

const toast = element("p", { class: "toast", role: "alert", hidden: true });
const stage = element("div", { class: "stage" });
let hiding: ReturnType<typeof setTimeout> | undefined;
let leave: () => void = () => {};

function tell(error: unknown): void {
  if (!(error instanceof Refused)) throw error;
  toast.textContent = error.message;
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (toast.hidden = true), 6000);
}

function askWho(): void {
  leave();
  leave = () => {};
  document.title = "Sign in · Guildhall rooms";
  stage.replaceChildren(signIn(() => void begin()));
  stage.querySelector("input")?.focus();
}

async function begin(): Promise<void> {
  try {
    enter(await call<Me>("GET", "/users/me"));
  } catch (error) {
    if (error instanceof Refused && error.code !== "OFFLINE") askWho();
    else tell(error);
  }
}

function enter(me: Me): void {
  let view: RoomView | undefined;
  const nothing = element("main", { class: "nothing quiet" }, "Choose a room on the left, or open one.");
  const place = element("div", { class: "place" }, nothing);

  const show = (room: Room): void => {
    view?.close();
    const name = list.nameOf(room);
    const opened = new RoomView(room, name, me, {
      unread: (count) => {
        list.setUnread(room.id, count);
        document.title = `${count > 0 ? `(${count}) ` : ""}${name} · Guildhall rooms`;
      },
      signedOut: askWho,
      failed: tell,
    });
    view = opened;
    place.replaceChildren(opened.node);
    shell.classList.add("in-room");
    list.mark(room.id);
    if (location.hash !== `#${room.id}`) history.pushState(null, "", `#${room.id}`);
    opened.focus();
  };
  const list = new RoomList(me.username, { open: show, failed: tell });
  const shell = element(
    "div",
    { class: "shell" },
    sidebar(me, list, () => shell.classList.remove("in-room")),
    place,
  );

  const load = async (): Promise<Room[]> => {
    try {
      return await list.load();
    } catch (error) {
      tell(error);
      return [];
    }
  };
  const follow = async (): Promise<void> => {
    const wanted = (await load()).find(({ id, membership }) => `#${id}` === location.hash && membership === "joined");
    if (wanted) show(wanted);
  };
  const visit = (): void => void follow();
  const poll = setInterval(() => document.visibilityState === "visible" && void load(), UNREAD_ASKED_EVERY_MS);
  addEventListener("popstate", visit);
  leave = () => {
    clearInterval(poll);
    removeEventListener("popstate", visit);
    view?.close();
  };
  document.title = "Guildhall rooms";
  stage.replaceChildren(shell);
  visit();
}

function sidebar(me: Me, list: RoomList, toList: () => void): HTMLElement {
  const signOut = async (): Promise<void> => {
    await call("POST", "/auth/logout", {});
    askWho();
  };
  return element(
    "div",
    { class: "sidebar" },
    element(
      "header",
      {},
      element("a", { href: "/", class: "home" }, "Guildhall"),
      element("span", { class: "quiet me" }, me.username),
      button("Sign out", () => void signOut().catch(tell)),
    ),
    list.node,
    button("← Rooms", toList, { class: "back" }),
  );
}

document.body.append(stage, toast);
void begin();
