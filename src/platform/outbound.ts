/** What a private deployment must not be made to reach: `block/bits`, IANA's special-purpose registries. */
const IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
];
/** Of IPv6 only what is global unicast (2000::/3) is let through, and of that not what wraps an IPv4 address or is reserved. */
const IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
const GLOBAL_UNICAST = "2000::/3";
const LOCAL_NAMES = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/u;

export interface OutboundRules {
  /** Development and tests: this machine itself may be reached, by http too. */
  loopbackAllowed: boolean;
}

export type OutboundFault = "not_a_url" | "not_https" | "with_credentials" | "private_address";

/**
 * Why a URL that somebody gave us must not be called; null when it may. It judges what is written: a Worker cannot resolve
 * names, so a public name that points to a private address passes here. Cloudflare's network routes no private addresses.
 */
export function outboundFault(text: string, { loopbackAllowed }: OutboundRules): OutboundFault | null {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return "not_a_url";
  if (url.username !== "" || url.password !== "") return "with_credentials";
  const host = url.hostname.replace(/\.+$/u, "").toLowerCase();
  if (loopbackAllowed && isLoopback(host)) return null;
  if (isPrivate(host)) return "private_address";
  return url.protocol === "https:" ? null : "not_https";
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/u.test(host);

function isPrivate(host: string): boolean {
  if (host.startsWith("[")) return isPrivateV6(groupsOf(host.slice(1, -1)));
  if (/^[\d.]+$/u.test(host)) return IPV4.some((block) => inBlock(octetsOf(host), block, octetsOf, 8));
  return !host.includes(".") || LOCAL_NAMES.test(host);
}

const isPrivateV6 = (groups: number[]): boolean =>
  !inBlock(groups, GLOBAL_UNICAST, groupsOf, 16) || IPV6.some((block) => inBlock(groups, block, groupsOf, 16));

/** Whether an address, as numbers of `width` bits, begins like the block. */
function inBlock(address: number[], block: string, parse: (text: string) => number[], width: number): boolean {
  const [start = "", bits = "0"] = block.split("/");
  const prefix = parse(start);
  return address.every((part, index) => {
    const counted = Math.min(width, Math.max(0, Number(bits) - index * width));
    return part >> (width - counted) === (prefix[index] ?? 0) >> (width - counted);
  });
}

/** Four numbers: the URL parser has written every other form of an IPv4 address this way. */
const octetsOf = (text: string): number[] => text.split(".").map(Number);

/** Eight numbers of an IPv6 address as the URL parser writes it: hexadecimal, `::` at most once. */
function groupsOf(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const parse = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const [before, after] = [parse(head), parse(tail ?? "")];
  return tail === undefined
    ? before
    : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
