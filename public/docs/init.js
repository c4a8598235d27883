const SIGNS_IN = /\/api\/v1\/auth\/(?:login|register|refresh)$/u;

const ui = globalThis.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  /** Whoever signs in here goes on with the token they got. */
  responseInterceptor(response) {
    if (!response.ok || !SIGNS_IN.test(response.url)) return response;
    const { data } = JSON.parse(response.text);
    const schema = { type: "http", scheme: "bearer" };
    if (data.accessToken)
      ui.authActions.authorizeWithPersistOption({ bearer: { name: "bearer", schema, value: data.accessToken } });
    return response;
  },
});
