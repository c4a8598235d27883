/** `npm run cron -- <name>` runs one job on the development server; without a name it lists them. */
const port = process.env.PORT ?? "8787";
const url = `http://localhost:${port}/dev/cron`;
const [name] = process.argv.slice(2);

const answer = await fetch(
  url,
  name === undefined
    ? {}
    : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name }) },
).catch(() => undefined);

if (answer === undefined) {
  console.error(
    `Nothing answers at ${url}. Start the server with npm run dev, or say where it is: PORT=8788 npm run cron`,
  );
  process.exitCode = 1;
} else {
  const text = await answer.text();
  const shown = answer.status === 404 ? `There is no job ${name}; npm run cron lists them.` : text;
  (answer.ok ? console.log : console.error)(shown);
  if (!answer.ok) process.exitCode = 1;
}
