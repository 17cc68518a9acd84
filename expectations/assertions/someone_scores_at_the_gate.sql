/*
title = "Someone scores near the gate that reasons compare with; else they compare with everyone scored"
level = "warn"
stage = "scores"
*/
select
    card.scorecard,
    card.reason_gate as from_score,
    card.reason_gate + card.reason_within as to_score
from reference.card as card
where
    card.reason_method = 'passing'
    and not exists (
        select score.score
        from scores.score as score
        where
            score.scorecard = card.scorecard
            and score.score between card.reason_gate and card.reason_gate + card.reason_within
    )
