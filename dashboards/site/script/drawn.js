// An explanation in the shape that the report's drawings take.

export function asDrawn({ explanation, friends }, told) {
  const place = new Map(told.features.map((one, number) => [one.feature, number]));
  return {
    id: explanation.person_id,
    score: explanation.score,
    band: explanation.band,
    rule: explanation.not_scored?.code ?? null,
    values: explanation.points.map((row) => row.value),
    points: explanation.score === null ? [] : explanation.points.map((row) => row.points),
    reasons: explanation.reasons.map((row) => [place.get(row.code), row.points_lost]),
    history: [],
    changes: [],
    friends: friends.map((row) => [row.friend_id, row.record_ppm, row.tie_days, row.weight,
      row.weight_share, row.contribution]),
    next: explanation.next_band && {
      band: explanation.next_band.band,
      at_least: explanation.next_band.at_least,
      missing: explanation.next_band.points_missing,
      moves: [...explanation.next_band.one_feature_moves, ...explanation.next_band.two_feature_moves]
        .map((move) => [move.score_change, move.steps.map((step) => [step.feature, step.goal])]),
    },
  };
}
