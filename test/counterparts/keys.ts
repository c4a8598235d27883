/** What the tests, in the Workers runtime, and the counterparts, in Node, both know. */
export const RESEND_KEY = "re_test_key";
