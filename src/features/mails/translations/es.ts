import type { Translations } from "../templates.ts";

export const es: Translations = {
  welcome: {
    subject: "Te damos la bienvenida a Guildhall",
    hello: "¡Hola, {displayName}!",
    confirm: "Confirma tu dirección de correo con el enlace de abajo. Sirve una sola vez, durante 24 horas.",
    action: "Confirmar mi dirección",
  },
  invitation: {
    subject: "Te han invitado a Guildhall",
    hello: "Hola, {displayName}:",
    what: "Se ha creado una cuenta para ti. Elige tu contraseña con el enlace de abajo; sirve una sola vez, durante tres días.",
    later: "Más tarde, pide un enlace nuevo en «he olvidado mi contraseña».",
    action: "Elegir mi contraseña",
  },
  session_reuse: {
    subject: "Hemos cerrado una de tus sesiones",
    hello: "Hola, {displayName}:",
    what: "Un token de acceso tuyo se ha usado por segunda vez, lo que puede significar que alguien lo ha copiado. Hemos cerrado esa sesión; vuelve a iniciarla.",
    advice: "Si no fuiste tú, usa el enlace: te permite elegir una contraseña nueva.",
    action: "No fui yo",
  },
  new_device: {
    subject: "Nuevo inicio de sesión en tu cuenta",
    hello: "Hola, {displayName}:",
    what: "Alguien ha iniciado sesión en tu cuenta con {device} desde {country}.",
    advice:
      "Si fuiste tú, no hay nada que hacer. Si no, usa el enlace: cierra esa sesión y te permite elegir una contraseña nueva.",
    action: "No fui yo",
  },
  verify_email: {
    subject: "Confirma tu dirección de correo",
    hello: "Hola, {displayName}:",
    confirm:
      "Confirma tu dirección de correo con el enlace de abajo. Sirve una sola vez, durante 24 horas; los enlaces de correos anteriores ya no sirven.",
    action: "Confirmar mi dirección",
  },
  password_reset: {
    subject: "Elige una contraseña nueva",
    hello: "Hola, {displayName}:",
    what: "Con el enlace de abajo puedes elegir una contraseña nueva. Sirve una sola vez, durante una hora.",
    advice: "Si no la has pedido, no hay nada que hacer: tu contraseña sigue siendo la misma.",
    action: "Elegir una contraseña nueva",
  },
  password_changed: {
    subject: "Tu contraseña ha cambiado",
    hello: "Hola, {displayName}:",
    what: "La contraseña de tu cuenta ha cambiado y se han cerrado todas las demás sesiones.",
    advice: "Si no fuiste tú, pide enseguida una contraseña nueva donde inicias sesión.",
  },
  passkey_added: {
    subject: "Se añadió una llave de acceso a tu cuenta",
    hello: "Hola, {displayName}:",
    what: "Desde ahora, la llave de acceso «{passkey}» permite entrar en tu cuenta.",
    advice:
      "Si no fuiste tú, usa el enlace: cierra la sesión que la añadió y te permite elegir una contraseña nueva. Después, elimina la llave de acceso.",
    action: "No fui yo",
  },
  passkey_removed: {
    subject: "Se eliminó una llave de acceso de tu cuenta",
    hello: "Hola, {displayName}:",
    what: "Se eliminó una de tus llaves de acceso; ya no permite entrar en tu cuenta.",
    advice: "Si no fuiste tú, usa el enlace: cierra la sesión que la eliminó y te permite elegir una contraseña nueva.",
    action: "No fui yo",
  },
  mfa_enabled: {
    subject: "Tu cuenta pide ahora un segundo factor",
    hello: "Hola, {displayName}:",
    what: "Se añadió una aplicación de autenticación a tu cuenta; desde ahora, para entrar con contraseña hace falta también uno de sus códigos.",
    advice:
      "Si no fuiste tú, usa el enlace: cierra la sesión que la añadió y te permite elegir una contraseña nueva. Si se te pide un código que no tienes, escribe a quien administra este sitio.",
    action: "No fui yo",
  },
  mfa_disabled: {
    subject: "Tu cuenta ya no pide un segundo factor",
    hello: "Hola, {displayName}:",
    what: "Se eliminó la aplicación de autenticación de tu cuenta, y sus códigos de recuperación ya no valen.",
    advice: "Si no fuiste tú, usa el enlace: cierra la sesión que la eliminó y te permite elegir una contraseña nueva.",
    action: "No fui yo",
  },
  recovery_codes_renewed: {
    subject: "Tienes códigos de recuperación nuevos",
    hello: "Hola, {displayName}:",
    what: "Se crearon códigos de recuperación nuevos para tu cuenta; los anteriores ya no valen.",
    advice:
      "Si no fuiste tú, usa el enlace: cierra la sesión que los creó y te permite elegir una contraseña nueva. Después, crea códigos nuevos.",
    action: "No fui yo",
  },
  login_linked: {
    subject: "Se vinculó un inicio de sesión a tu cuenta",
    hello: "Hola, {displayName}:",
    what: "Desde ahora, un inicio de sesión con {provider} permite entrar en tu cuenta.",
    advice:
      "Si no fuiste tú, usa el enlace: cierra la sesión que lo vinculó y te permite elegir una contraseña nueva. Después, elimina ese inicio de sesión.",
    action: "No fui yo",
  },
  login_removed: {
    subject: "Se eliminó un inicio de sesión de tu cuenta",
    hello: "Hola, {displayName}:",
    what: "Tu inicio de sesión con {provider} ya no permite entrar en tu cuenta.",
    advice: "Si no fuiste tú, usa el enlace: cierra la sesión que lo eliminó y te permite elegir una contraseña nueva.",
    action: "No fui yo",
  },
  email_leaving: {
    subject: "Confirma el cambio de tu dirección de correo",
    hello: "Hola, {displayName}:",
    what: "Se ha pedido para tu cuenta una dirección de correo distinta de esta. Cambiará cuando se hayan usado los enlaces de los dos buzones, en un plazo de 24 horas.",
    advice: "Si no fuiste tú, no uses el enlace y cambia tu contraseña.",
    action: "Permitir el cambio",
  },
  email_arriving: {
    subject: "Confirma tu nueva dirección de correo",
    hello: "Hola, {displayName}:",
    what: "Esta va a ser la nueva dirección de correo de tu cuenta. Lo será cuando se hayan usado los enlaces de los dos buzones, en un plazo de 24 horas.",
    action: "Confirmar mi nueva dirección",
  },
  email_in_use: {
    subject: "Tu dirección de correo ya está en uso",
    hello: "Hola, {displayName}:",
    what: "Alguien ha pedido usar tu dirección de correo para otra cuenta. Pertenece a la tuya, así que no ha cambiado nada.",
    advice: "Si fuiste tú, inicia sesión en esta cuenta.",
  },
  email_changed: {
    subject: "Tu dirección de correo ha cambiado",
    hello: "Hola, {displayName}:",
    what: "Tu cuenta tiene ahora otra dirección de correo; esta ya no le pertenece.",
    advice: "Si no fuiste tú, avisa enseguida a quien administra este sitio.",
  },
  notification: {
    subject: "{title}",
    hello: "Hola, {displayName}:",
    what: "{body}",
    action: "Abrir en Guildhall",
  },
  digest: {
    subject: "Novedades en Guildhall",
    hello: "Hola {displayName}, esto es lo nuevo:",
    what: "{lines}",
    action: "Verlo todo",
  },
};
