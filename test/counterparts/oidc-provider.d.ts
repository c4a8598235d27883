declare module "oidc-provider" {
  import type { RequestListener } from "node:http";

  /** The little that `oidc.ts` uses; the package brings no types. */
  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    callback(): RequestListener;
  }
}
