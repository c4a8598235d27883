import type { ServiceContext } from "../context.ts";
import type { Actor } from "../platform/actor.ts";
import type { Trace } from "../platform/trace.ts";
import type { Logger } from "../platform/logger.ts";

/** What Hono carries through a request. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    trace: Trace;
    logger: Logger;
    /** Set by the `services` middleware; absent only where the configuration is broken. */
    ctx: ServiceContext;
    actor: Actor;
    /** How the caller signed in; cookie-authenticated unsafe requests are checked for their origin. */
    credential: "bearer" | "cookie" | null;
    /** What authentication found wrong with the credential, thrown by routes that need a user. */
    authError: Error | null;
  };
}
