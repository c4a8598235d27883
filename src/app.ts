import { serveDocuments } from "./documents.ts";
import { bodyLimit } from "hono/body-limit";
import { adminUserRoutes } from "./features/admin/routes.ts";
import { aiOperationRoutes } from "./features/ai-operations/routes.ts";
import { accountPageRoutes } from "./features/account-pages/routes.ts";
import { addressRoutes } from "./features/addresses/routes.ts";
import { achievementRoutes } from "./features/achievements/routes.ts";
import { aiRoutes } from "./features/ai/routes.ts";
import { auditRoutes } from "./features/audit/routes.ts";
import { authRoutes } from "./features/auth/routes.ts";
import { blockRoutes } from "./features/blocks/routes.ts";
import { challengeRoutes } from "./features/challenges/routes.ts";
import { dashboardRoutes } from "./features/dashboard/routes.ts";
import { deadLetterRoutes } from "./features/dead-letters/routes.ts";
import { developmentRoutes } from "./features/development/routes.ts";
import { goalRoutes } from "./features/goals/routes.ts";
import { adminLeaderboardRoutes, leaderboardRoutes } from "./features/leaderboards/routes.ts";
import { leagueRoutes } from "./features/leagues/routes.ts";
import { mailRoutes } from "./features/mails/routes.ts";
import { adminMessageReportRoutes, messageReportRoutes } from "./features/message-reports/routes.ts";
import { messageRoutes } from "./features/messages/routes.ts";
import { mfaRoutes } from "./features/mfa/routes.ts";
import { notificationRoutes } from "./features/notifications/routes.ts";
import { oauthRoutes } from "./features/oauth/routes.ts";
import { operationRoutes } from "./features/operations/routes.ts";
import { progressRoutes } from "./features/progress/routes.ts";
import { pushRoutes } from "./features/push/routes.ts";
import { reviewRoutes, submissionReviewRoutes } from "./features/reviews/routes.ts";
import { passwordRoutes } from "./features/passwords/routes.ts";
import { passkeyRoutes } from "./features/passkeys/routes.ts";
import { roomArchiveRoutes } from "./features/room-archive/routes.ts";
import { roomRoutes } from "./features/rooms/routes.ts";
import { uploadByteRoutes, uploadRoutes } from "./features/uploads/routes.ts";
import { submissionRoutes } from "./features/submissions/routes.ts";
import { userRoutes } from "./features/users/routes.ts";
import { webhookRoutes } from "./features/webhooks/routes.ts";
import { ledgerRoutes } from "./features/xp/routes.ts";
import { asset } from "./http/assets.ts";
import { authentication } from "./http/authentication.ts";
import { onError } from "./http/failures.ts";
import { idempotency } from "./http/idempotency.ts";
import { notFoundHandler } from "./http/not-found.ts";
import { rateLimitByIp } from "./http/rate-limit.ts";
import { RememberingRouter } from "./http/remembering-router.ts";
import { requestLog } from "./http/request-log.ts";
import { createRouter } from "./http/router.ts";
import { corsHeaders, csrf, PAGE_POLICY, securityHeaders } from "./http/security.ts";
import { services } from "./http/services.ts";
import { AppError } from "./platform/errors.ts";

const MAX_BODY_BYTES = 256 * 1024;

const tooLarge = () => {
  throw new AppError("PAYLOAD_TOO_LARGE", "The body is larger than 256 KiB.");
};

/** The one app, built once an isolate. The order of the middleware is the life of a request. */
export const app = createRouter({ getPath: versioned, router: new RememberingRouter() });

app.onError(onError);
app.notFound(notFoundHandler(app));

app.use(requestLog, securityHeaders, corsHeaders);
app.use(services, rateLimitByIp);
app.route("/api/v1/rooms", uploadByteRoutes);
app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), authentication, csrf, idempotency);

app.route("/", operationRoutes);
app.route("/", accountPageRoutes);
app.route("/api/v1/auth", authRoutes);
app.route("/api/v1/auth", passwordRoutes);
app.route("/api/v1/auth", addressRoutes);
app.route("/api/v1/auth", mfaRoutes);
app.route("/api/v1/auth", oauthRoutes);
app.route("/api/v1/auth", passkeyRoutes);
app.route("/api/v1/users", userRoutes);
app.route("/api/v1/users", blockRoutes);
app.route("/api/v1/admin", adminUserRoutes);
app.route("/api/v1/admin", auditRoutes);
app.route("/api/v1/admin", deadLetterRoutes);
app.route("/api/v1/goals", goalRoutes);
app.route("/api/v1/challenges", challengeRoutes);
app.route("/api/v1/submissions", submissionRoutes);
app.route("/api/v1/submissions", submissionReviewRoutes);
app.route("/api/v1/reviews", reviewRoutes);
app.route("/api/v1/progress", progressRoutes);
app.route("/api/v1/dashboard", dashboardRoutes);
app.route("/api/v1/ai", aiRoutes);
app.route("/api/v1/ai", aiOperationRoutes);
app.route("/api/v1/leaderboard", leaderboardRoutes);
app.route("/api/v1/admin", adminLeaderboardRoutes);
app.route("/api/v1/leagues", leagueRoutes);
app.route("/api/v1", achievementRoutes);
app.route("/api/v1/admin", ledgerRoutes);
app.route("/api/v1/rooms", roomRoutes);
app.route("/api/v1/rooms", roomArchiveRoutes);
app.route("/api/v1/rooms", messageRoutes);
app.route("/api/v1/rooms", messageReportRoutes);
app.route("/api/v1/admin", adminMessageReportRoutes);
app.route("/api/v1/rooms", uploadRoutes);
app.route("/api/v1/notifications", notificationRoutes);
app.route("/api/v1/notifications", pushRoutes);
app.route("/api/v1/admin", webhookRoutes);
app.route("/api/v1/mail", mailRoutes);
app.route("/dev", developmentRoutes);

serveDocuments(app);
app.get("/app", (c) => c.redirect("/app/rooms/", 302));
app.get("/app/*", (c) => asset(c, PAGE_POLICY));

/** The address was parsed and normalised when the request was made; doing so again costs more than finding its path. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.slice(start).search(/[?#]/u);
  return end === -1 ? url.slice(start) : url.slice(start, start + end);
}

/** `/api/…` without a version is the current version, and a slash at the end of an API path means nothing. */
function versioned(request: Request): string {
  const pathname = pathOf(request.url);
  if (!pathname.startsWith("/api/")) return pathname;
  const path = pathname.replace(/\/$/u, "");
  return /^\/api\/(?!v\d+(?:\/|$))/u.test(path) ? path.replace("/api/", "/api/v1/") : path;
}
