/** Loaded when first used: its certificate formats cost a third of what an isolate may spend on starting. */
export const webauthn = () => import("@simplewebauthn/server");
