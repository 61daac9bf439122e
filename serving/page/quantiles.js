// The quantiles of a forecast as central intervals.

/** The price or log return at a level, or undefined. */
export const at = (forecast, level, what) => forecast.quantiles.find((q) => Math.abs(q.level - level) < 1e-6)?.[what];

/** The central intervals that a forecast has, the widest first: `{ share, low, high }` in prices or log returns. */
export function bands(forecast, what) {
  const all = [0.9, 0.8, 0.5].map((share) => {
    const low = at(forecast, (1 - share) / 2, what);
    const high = at(forecast, (1 + share) / 2, what);
    return { share, low, high };
  });
  return all.filter((band) => band.low !== undefined && band.high !== undefined);
}

/** One of them by its share, or undefined. */
export const band = (forecast, share, what) => bands(forecast, what).find((one) => one.share === share);

/** The middle: the median where there is one, else the point. */
export const middle = (forecast, what) => at(forecast, 0.5, what) ?? forecast[what];

/** Whether the outcome lies within the 80 % interval; null without outcome or interval. */
export function hit(forecast) {
  const wide = band(forecast, 0.8, "log_return");
  if (!forecast.outcome || !wide) return null;
  const { log_return: happened } = forecast.outcome;
  return wide.low <= happened && happened <= wide.high;
}
