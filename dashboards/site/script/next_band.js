// What is missing to the next band, and the smallest moves that would reach it: what
// dashboards/next_band.py says, said again for the browser; a test holds the two together.

const MILLION = 1_000_000;

export function nextBand(score, points, terms, method) {
  const higher = score.score === null ? undefined : method.told.bands[
    method.told.bands.findIndex((one) => one.band === score.band) + 1];
  if (!higher) return null;
  const own = points.filter((row) => row.factor !== method.social_factor)
    .reduce((sum, row) => sum + row.points, 0);
  const missing = higher.at_least - score.score;
  const at = friendPoints(terms, method.card);
  const before = at(own);
  const move = (...steps) => {
    const gained = steps.reduce((sum, step) => sum + step.points_gained, 0);
    return { steps, score_change: gained + at(own + gained) - before };
  };
  const singles = betterSteps(points, method.better_bins).map((steps) => steps.map((step) => move(step)));
  const enough = singles.flatMap((moves) => {
    const first = moves.find((one) => one.score_change >= missing);
    return first ? [first] : [];
  });
  const short = singles.map((moves) => moves.filter((one) => one.score_change < missing)
    .map((one) => one.steps[0]));
  return {
    band: higher.band, at_least: higher.at_least, points_missing: missing,
    one_feature_moves: smallest(enough, method.shown_moves),
    two_feature_moves: smallest(sufficientPairs(short, missing, move), method.shown_moves),
  };
}

// The points of friend_reliability at so many points of the person's own.
function friendPoints(terms, card) {
  const weight = terms.reduce((sum, term) => sum + term.weight, 0);
  return (own) => {
    const ppm = Math.floor(own * MILLION / card.own_points_max);
    const [low, high] = [ppm - card.max_distance_ppm, ppm + card.max_distance_ppm];
    const sum = terms.reduce((total, term) =>
      total + term.weight * Math.max(Math.min(term.record_ppm, high), low), 0);
    return Math.floor((2 * card.friend_points_max * sum + MILLION * weight) / (2 * MILLION * weight));
  };
}

// For every feature that can be improved, its better bins, the smallest gain first.
function betterSteps(points, bins) {
  const had = new Map(points.map((row) => [row.feature, row.points]));
  const steps = new Map();
  for (const bin of bins) {
    const gain = bin.points - had.get(bin.feature);
    if (gain <= 0) continue;
    if (!steps.has(bin.feature)) steps.set(bin.feature, []);
    steps.get(bin.feature).push({ feature: bin.feature, goal: bin.goal, points_gained: gain });
  }
  return [...steps.values()];
}

function sufficientPairs(short, missing, move) {
  return short.flatMap((firsts, place) => short.slice(place + 1).flatMap((seconds) => {
    const found = firsts.flatMap((a) => seconds.map((b) => move(a, b)))
      .filter((pair) => pair.score_change >= missing);
    return smallest(found, 1);
  }));
}

const smallest = (moves, count) =>
  moves.toSorted((one, other) => one.score_change - other.score_change).slice(0, count);
