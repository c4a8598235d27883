import { createServer } from "node:http";
import { Server } from "socket.io";
import { WebSocketServer } from "ws";

/** A peer with one room: what anybody says goes to all, and nothing is kept. Arguments: which, and its port. */
const [which, port] = process.argv.slice(2);
const server = createServer((_, response) => response.end("here"));

if (which === "socket.io") {
  const io = new Server(server, { transports: ["websocket"] });
  io.on("connection", (socket) => socket.on("say", (text: string) => io.emit("said", text)));
} else {
  const room = new WebSocketServer({ server, perMessageDeflate: false });
  room.on("connection", (socket) => {
    socket.on("message", (data: Buffer) => {
      const text = data.toString();
      for (const client of room.clients) client.send(text);
    });
  });
}
server.listen(Number(port), "127.0.0.1");
