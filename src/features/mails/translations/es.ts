import type { Translations } from "../templates.ts";

export const es: Translations = {
  welcome: {
    subject: "Te damos la bienvenida a Guildhall",
    hello: "¡Hola, {displayName}!",
    confirm: "Confirma tu dirección de correo con el enlace de abajo. Sirve una sola vez, durante 24 horas.",
    action: "Confirmar mi dirección",
  },
  session_reuse: {
    subject: "Hemos cerrado una de tus sesiones",
    hello: "Hola, {displayName}:",
    what: "Un token de acceso tuyo se ha usado por segunda vez, lo que puede significar que alguien lo ha copiado. Hemos cerrado esa sesión; vuelve a iniciarla.",
    advice: "Si no fuiste tú, cambia tu contraseña.",
  },
};
