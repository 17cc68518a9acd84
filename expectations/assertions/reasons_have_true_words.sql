/*
title = "A reason states the value of its feature, in the words of that value, or of a missing one"
level = "fail"
stage = "published"
*/
with

-- A late feature is of the champion, the others are of every card.
had as (
    unpivot (
        select
            person_id,
            cast(columns(* exclude (person_id, as_of_date, known_on)) as double)
        from published.features
    ) on columns(* exclude (person_id))
    into name feature value feature_value
)

select
    reason.scorecard,
    reason.person_id,
    reason.code,
    reason.value,
    had.feature_value,
    reason.is_missing,
    reason.reason
from published.reason as reason
left join reference.feature as feature
    on reason.scorecard = feature.scorecard and reason.code = feature.feature
left join reference.reason_words as words
    on
        reason.scorecard = words.scorecard
        and reason.code = words.feature
        and reason.value >= coalesce(words.at_least, '-infinity')
        and reason.value < coalesce(words.below, 'infinity')
left join had on reason.person_id = had.person_id and reason.code = had.feature
where
    reason.is_missing is distinct from (reason.value is null)
    or reason.family is distinct from feature.family
    or (
        (reason.scorecard_no = 1 or feature.missing_points is not null)
        and reason.value is distinct from had.feature_value
    )
    or reason.reason is distinct from case
        when reason.value is null then feature.missing_reason
        else coalesce(words.reason, feature.reason)
    end
    or reason.what_to_do is distinct from case
        when reason.value is null then feature.missing_what_to_do
        else coalesce(words.what_to_do, feature.what_to_do)
    end
