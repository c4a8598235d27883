import type { Served } from "./workerd-server.ts";
import { serveBench } from "./workerd-server.ts";

/** The real leaderboard object behind the bench's own entry. */
export const serveBoard = (): Promise<Served> => serveBench({ name: "leaderboard", objects: { BOARD: "BenchBoard" } });
