const NO_STATUS = 1005;
const ABNORMAL = 1006;

/**
 * Answers the close of a peer. The runtime's own answer leaves the local server only when the object goes to sleep,
 * ten seconds later, and a client that waits for it takes the connection for a broken one (1006).
 */
export function answerClose(socket: WebSocket, code: number): void {
  if (code === ABNORMAL) return;
  try {
    if (code === NO_STATUS) socket.close();
    else socket.close(code);
  } catch {
    // A code that may be received but not sent, or a peer that is gone: nobody waits for an answer.
  }
}
