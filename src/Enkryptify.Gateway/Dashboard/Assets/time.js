// Keeps times in words true while a page stays open. The same words as Parts.Words on the server, whose clock the page began with.
const times = document.querySelectorAll("time[datetime]");
const words = (at, now) => {
  const away = Math.abs(at - now) / 1000;
  const [count, unit] = away < 45 ? [0, ""] : away < 59.5 * 60 ? [away / 60, "minute"] : away < 23.5 * 3600 ? [away / 3600, "hour"]
    : away < 44.5 * 86400 ? [away / 86400, "day"] : away < 548 * 86400 ? [away / 86400 / 30.44, "month"] : [away / 86400 / 365.25, "year"];
  if (!unit) return at > now ? "in a moment" : "just now";
  const whole = Math.max(1, Math.round(count));
  const text = `${whole} ${unit}${whole === 1 ? "" : "s"}`;
  return at > now ? `in ${text}` : `${text} ago`;
};
const base = Date.parse(document.documentElement.dataset.now ?? "") || Date.now();
const began = performance.now();
if (times.length) {
  setInterval(() => {
    const now = base + performance.now() - began;
    for (const time of times) {
      const text = words(Date.parse(time.dateTime), now);
      if (time.textContent !== text) time.textContent = text;
    }
  }, 30_000);
}
