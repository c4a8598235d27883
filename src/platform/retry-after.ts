/** `Retry-After` in seconds, whether it was a number or a date; 0 when there is none. */
export function retryAfterSeconds(value: string | null, now: Date): number {
  const text = value?.trim() ?? "";
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}
