"use strict";
// A person on a card, as plainscore/scorecards/person.py computes it: what each value earns, what
// another would earn. A person here is `short_person` of plainscore/show/report.py.

const MILLION = 1_000_000;

function featureOf(card, name) {
  return card.features.find((one) => one.feature === name);
}

// The points of a value of a feature; null: missing.
function points(card, name, value) {
  const feature = featureOf(card, name);
  if (value === null) {
    if (feature.missing_points === null) throw new RangeError(`${name} is never missing of a scored person`);
    return feature.missing_points;
  }
  if (!feature.bins.length) return Math.floor(feature.max_points * value + 0.5);
  return feature.bins.reduce((earned, [atLeast, worth], place) => !place || atLeast <= value ? worth : earned, 0);
}

const isScored = (person) => person.points.length > 0;
const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);
const scoreOf = (card, person) => isScored(person) ? card.base + sum(person.points) : null;
const bandOf = (card, score) => card.bands.find((one) => one.at_least <= score && score <= one.at_most);

// Every term of the neighbour mean, the prior first: weight, record in ppm, and the record as it
// counts at so many points of one's own.
function terms(card, person, worth) {
  const { mean } = card;
  const own = sum(card.features.map((one, place) => one.factor === mean.factor ? 0 : worth[place]));
  const record = Math.floor(own * MILLION / mean.own_points_max);
  const [low, high] = [record - mean.max_distance_ppm, record + mean.max_distance_ppm];
  return [[mean.prior_weight, mean.prior_ppm], ...person.ties.map(([, , months, ppm]) => [months, ppm])]
    .map(([weight, ppm]) => ({ weight, ppm, counts: Math.max(Math.min(ppm, high), low) }));
}

function meanPoints(card, person, worth) {
  const all = terms(card, person, worth);
  const weight = sum(all.map((one) => one.weight));
  const numerator = sum(all.map((one) => one.weight * one.counts));
  return Math.floor((2 * card.mean.max_points * numerator + MILLION * weight) / (2 * MILLION * weight));
}

// The score of points in the order of the card; of accepted contexts alone where some are given,
// their points stretched to the range of the card.
function scoreOfPoints(card, worth, accepts = null) {
  if (accepts === null) return card.base + sum(worth);
  const isAccepted = (one) => accepts.includes(one.context);
  const most = sum(card.features.filter(isAccepted).map((one) => one.max_points));
  const had = sum(worth.filter((_, place) => isAccepted(card.features[place])));
  const ofAll = sum(card.features.map((one) => one.max_points));
  return card.base + (most ? Math.floor(had * ofAll / most) : 0);
}

// Each benefit at so many points: whether it is open, and whether accepted contexts alone open it.
function openings(card, worth) {
  return card.benefits.map((one) => {
    const deciding = scoreOfPoints(card, worth, one.is_wall_enforced ? one.accepts : null);
    const inContext = one.accepts && scoreOfPoints(card, worth, one.accepts);
    return {
      benefit: one.benefit, min_score: one.min_score, is_open: deciding >= one.min_score,
      points_short: Math.max(one.min_score - deciding, 0), context: one.context,
      accepts: one.accepts, is_wall_enforced: one.is_wall_enforced,
      is_open_in_context: inContext && inContext >= one.min_score, score_in_context: inContext,
    };
  });
}

// The points of a scored person with other values of some features, all else equal; the neighbour
// mean follows unless it is given.
function pointsWith(card, person, values) {
  const worth = card.features.map((one, place) =>
    one.feature in values ? points(card, one.feature, values[one.feature]) : person.points[place]);
  if (card.mean && !(card.mean.feature in values)) {
    const place = card.features.findIndex((one) => one.feature === card.mean.feature);
    worth[place] += meanPoints(card, person, worth) - meanPoints(card, person, person.points);
  }
  return worth;
}

const scoreWith = (card, person, values) => scoreOfPoints(card, pointsWith(card, person, values));

// The friends who count, each with its share of the weight and what it adds to the neighbour mean.
function friendsOf(card, person) {
  if (!card.mean || !isScored(person)) return [];
  const [prior, ...ties] = terms(card, person, person.points);
  const weight = prior.weight + sum(ties.map((one) => one.weight));
  return person.ties.map(([id, days, months, ppm], place) => ({
    friend_id: id, tie_days: days, contact_months: months, friend_ppm: ppm,
    weight_share: months / weight, contribution: months * ties[place].counts / (MILLION * weight),
  }));
}

// What `plainscore explain --format json` prints. ``ways`` to the next band are there where the
// page has them: they are searched in Python alone.
function explanation(card, person) {
  const place = new Map(card.features.map((one, number) => [one.feature, number]));
  const score = scoreOf(card, person);
  const higher = score === null ? undefined : card.bands.find((one) => one.at_least > score);
  return {
    person_id: person.person_id, as_of_date: card.as_of_date, known_on: card.known_on,
    scorecard: card.scorecard, score, band: score === null ? null : bandOf(card, score).band,
    base: card.base,
    points: card.features.map((one, number) => ({
      factor: one.factor, feature: one.feature, value: person.values[number], unit: one.unit,
      points: person.points[number] ?? null, max_points: one.max_points,
    })),
    reasons: person.reasons.map((row, number) => ({
      rank: number + 1, code: row.code, family: row.family ?? row.code,
      value: person.values[place.get(row.code)],
      is_missing: person.values[place.get(row.code)] === null,
      points: person.points[place.get(row.code)],
      max_points: card.features[place.get(row.code)].max_points,
      points_lost: row.points_lost,
      // Snapshots that version 0.1 published lack these two.
      method: row.method ?? "maximum",
      benchmark_points: row.benchmark_points ?? card.features[place.get(row.code)].max_points,
      reason: row.reason, what_to_do: row.what_to_do,
    })),
    next_band: person.next_band ?? (higher ? {
      band: higher.band, at_least: higher.at_least, points_missing: higher.at_least - score,
    } : null),
    not_scored: person.not_scored_code === null ? null
      : { code: person.not_scored_code, ...card.rules[person.not_scored_code] },
    benefits: isScored(person) ? openings(card, person.points) : [],
    without_logs: card.without_logs?.split(", ") ?? [],
    left_out: card.left_out?.split(", ") ?? [],
  };
}
